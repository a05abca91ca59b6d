/** An entry that is longer keeps its head and the lines that are not deep; of one line as much is kept. */
const entryMaxChars = 256 * 1024;
const lineMaxChars = 64 * 1024;
const headChars = 16 * 1024;
/** A list of events stands so much deeper than the keys of its resource; deeper still are the lines of long texts. */
const keptDepth = 6;

/** U+0085, U+2028 and U+2029, byte by byte: breaks of YAML 1.1, behind which libyaml indents nothing. */
const otherBreak = /^(?:\xc2\x85|\xe2\x80[\xa8\xa9])/;

/** of byte order, byte by byte */
const mark = '\xef\xbb\xbf';

/** Tags and anchors alone. */
const properties = /^(?:[&!]\S*(?:\s+|$))*$/;

export interface Section {
  /** the key at the first level; its entries are told one by one */
  name: string;
  /** how deep the entries stand */
  indent: number;
  isList: boolean;
}

export interface SectionReader {
  /** Whether the value of this key is told entry by entry; else it is told whole, with its key. */
  isCut(name: string): boolean;
  /**
   * A key of the first level with its value (`section` undefined), or one entry of such a key.
   * @param text its lines, each byte as one character (Latin-1)
   */
  entry(text: string, section: Section | undefined): void;
}

/** Where a document is not what a program would write; bytes from its beginning. */
export interface Damage {
  what: string;
  atByte: number;
}

/**
 * Cuts one YAML document into the keys of its first level and their entries, while it comes in. A line is looked at
 * for its indentation alone, with what the engine does natively: without JIT a look at each character would be slow.
 * It keeps the entry that is being read and nothing else.
 */
export class YamlSections {
  readonly #reader: SectionReader;
  #text = '';
  /** of the document, the place where `#text` begins */
  #base = 0;
  /** of `#text`: the next line */
  #at = 0;
  /** of `#text`: the entry that is being read; undefined: none is */
  #start: number | undefined;
  #root: number | undefined;
  /** the key whose value may stand in the next lines */
  #open: string | undefined;
  #section: Section | undefined;
  /** lines that begin so belong to the entry */
  #deeper: string | undefined;
  #taken = 0;
  #isCutting = false;
  #isOver = false;
  #damage: Damage | undefined;
  #hasEnded = false;
  #lacksBreak = false;

  constructor(reader: SectionReader) {
    this.#reader = reader;
  }

  /** the first thing that is wrong */
  get damage(): Damage | undefined {
    return this.#damage;
  }

  /** The last line has no end. */
  get lacksBreak(): boolean {
    return this.#lacksBreak;
  }

  take(piece: Buffer): void {
    const nul = piece.indexOf(0);
    if (nul >= 0) this.#report('NUL bytes', this.#taken + nul);
    this.#taken += piece.length;
    if (this.#isOver) return;
    let more = piece.toString('latin1');
    if (this.#isCutting) {
      const end = more.indexOf('\n');
      if (end < 0) {
        this.#base += more.length;
        return;
      }
      this.#isCutting = false;
      this.#base += end;
      more = more.slice(end);
    }
    this.#text += more;
    if (this.#base === 0 && this.#at === 0 && this.#text.startsWith(mark)) {
      this.#text = this.#text.slice(mark.length);
      this.#base = mark.length;
    }
    this.#readLines();
    this.#shorten();
  }

  /** Call once, behind the last piece. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (!this.#isOver && (this.#text.length > this.#at || this.#isCutting)) {
      const lastByte = this.#base + this.#text.length;
      this.#text += '\n';
      this.#readLines();
      this.#lacksBreak = true;
      // a key with its value may stand at the end without a line break: an editor leaves it so
      if (
        this.#section !== undefined ||
        this.#open !== undefined ||
        this.#isCutting
      ) {
        this.#report('it breaks off', lastByte);
      }
    }
    this.#flush(this.#text.length);
  }

  #readLines(): void {
    const text = this.#text;
    let at = this.#at;
    for (;;) {
      const end = text.indexOf('\n', at);
      if (end < 0 || this.#isOver) break;
      // the one line of code that is run for each line of the report
      if (this.#deeper === undefined || !text.startsWith(this.#deeper, at)) {
        this.#line(at, end);
      }
      at = end + 1;
    }
    this.#at = at;
  }

  /** A line that may begin something. */
  #line(at: number, end: number): void {
    const line = this.#text.slice(at, Math.min(end, at + 1024));
    const indent = line.search(/[^ ]/);
    if (indent < 0 || line.trim() === '') return;
    const text = line.slice(indent).trimEnd();
    if (text[0] === '#' || otherBreak.test(text)) return;
    if (indent === 0 && this.#isMarker(text, at)) return;
    // tag and anchor of the whole may stand on a line of their own
    if (this.#root === undefined && properties.test(text)) return;
    this.#root ??= indent;
    const { root, section } = { root: this.#root, section: this.#section };
    const isItem = text === '-' || text.startsWith('- ');
    if (section !== undefined) {
      if (indent > section.indent) return;
      if (indent === section.indent && (!section.isList || isItem)) {
        // behind `? key` the value stands at a colon of its own
        if (!section.isList && /^:(?: |$)/.test(text)) return;
        this.#flush(at);
        this.#start = at;
        return;
      }
    } else if (this.#open !== undefined && (indent > root || isItem)) {
      this.#flush(at);
      this.#section = { name: this.#open, indent, isList: isItem };
      this.#deeper = ' '.repeat(indent + 1);
      this.#start = at;
      return;
    } else if (indent > root && this.#start !== undefined) {
      return;
    }
    this.#flush(at);
    this.#section = undefined;
    this.#open = undefined;
    this.#deeper = undefined;
    const key = splitFirstKey(text);
    if (key === undefined || indent !== root) {
      this.#report('no YAML as Puppet writes it', this.#base + at);
      return;
    }
    const { name, value } = key;
    this.#start = at;
    // behind tag and anchor alone the value stands in the next lines
    if (properties.test(value) && this.#reader.isCut(name)) {
      this.#open = name;
    } else {
      this.#open = undefined;
      this.#deeper = ' '.repeat(root + 1);
    }
  }

  /** `---` begins a document, once; `...` and another `---` end it. */
  #isMarker(text: string, at: number): boolean {
    if (this.#root === undefined && text[0] === '%') return true;
    if (!/^(?:---|\.\.\.)(?:\s|$)/.test(text)) return false;
    if (this.#root === undefined && text[0] === '-') {
      // a tag and an anchor may stand behind it, and no value
      if (!/^---(?:\s+[&!]\S*)*$/.test(text)) {
        this.#report('no YAML as Puppet writes it', this.#base + at);
      }
      return true;
    }
    this.#flush(at);
    this.#isOver = true;
    return true;
  }

  #flush(end: number): void {
    if (this.#start === undefined) return;
    const text = this.#text.slice(this.#start, end);
    this.#start = undefined;
    this.#reader.entry(text, this.#section);
  }

  /** Forgets what was read, and the depths of an entry that is too long. */
  #shorten(): void {
    const from = this.#start ?? this.#at;
    const rest = this.#text.slice(this.#at);
    let entry = this.#text.slice(from, this.#at);
    if (entry.length > entryMaxChars) entry = this.#condensed(entry);
    this.#base += this.#at - entry.length;
    this.#at = entry.length;
    if (this.#start !== undefined) this.#start = 0;
    this.#text = entry + rest;
    if (rest.length > lineMaxChars) {
      const kept = this.#at + lineMaxChars;
      this.#base += this.#text.length - kept;
      this.#text = this.#text.slice(0, kept);
      this.#isCutting = true;
    }
  }

  #condensed(entry: string): string {
    const end = entry.indexOf('\n', headChars) + 1;
    if (end === 0) return entry.slice(0, headChars) + '\n';
    const deep = ' '.repeat((this.#section?.indent ?? 0) + keptDepth);
    const kept: string[] = [entry.slice(0, end)];
    let left = entryMaxChars / 2;
    let at = end;
    while (at < entry.length) {
      const next = entry.indexOf('\n', at) + 1;
      if (!entry.startsWith(deep, at) && next - at < 1024) {
        left -= next - at;
        if (left < 0) break;
        kept.push(entry.slice(at, next));
      }
      at = next;
    }
    return kept.join('');
  }

  /** Of two, the first in the text counts, in whatever pieces it comes. */
  #report(what: string, atByte: number): void {
    if (this.#damage !== undefined && this.#damage.atByte <= atByte) return;
    this.#damage = { what, atByte };
  }
}

/** Characters with which no plain key begins. */
const noKey = /^[\s[\]{}#&*!|>%@`,?-]/;

function splitFirstKey(
  text: string,
): { name: string; value: string } | undefined {
  const quote = text[0] === '"' || text[0] === "'" ? text[0] : undefined;
  if (quote === undefined) {
    const colon = text.indexOf(': ');
    const end = colon < 0 && text.endsWith(':') ? text.length - 1 : colon;
    if (end <= 0 || noKey.test(text)) return undefined;
    return { name: text.slice(0, end), value: text.slice(end + 1).trim() };
  }
  const end = text.indexOf(quote, 1);
  const rest = end < 0 ? '' : text.slice(end + 1);
  if (rest !== ':' && !rest.startsWith(': ')) return undefined;
  return { name: text.slice(1, end), value: rest.slice(1).trim() };
}
