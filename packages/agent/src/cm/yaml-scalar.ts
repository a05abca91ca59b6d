/**
 * The text of one YAML scalar. Whatever stands there is text: a commit of digits, a date or `yes` is no number, no
 * date and no truth value.
 * @param first what stands behind the key or the dash, without tag and anchor
 * @param more the lines that belong to it, with their indentation
 * @param parentIndent of the line on which it begins
 */
export function readScalar(
  first: string,
  more: readonly string[],
  parentIndent: number,
): string {
  const start = first[0];
  if (start === '|' || start === '>') {
    return readBlockScalar(first, more, parentIndent);
  }
  if (start === '"') return unescape(quoted(foldQuoted(first, more), '"'));
  if (start === "'") {
    return quoted(fold([first, ...more]), "'").replaceAll("''", "'");
  }
  return fold([first, ...more].map(withoutComment));
}

/** @returns the bytes of a `!binary` text as UTF-8; what is not UTF-8 as Latin-1, in which old names are written */
export function decodeBinary(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

/** The end of a quoted text that begins at the first character: behind its quote, or the end of the text. */
export function endOfQuoted(text: string, quote: string): number {
  let at = 1;
  for (;;) {
    const found = text.indexOf(quote, at);
    if (found < 0) return text.length + 1;
    if (quote === "'") {
      if (text[found + 1] !== "'") return found + 1;
      at = found + 2;
    } else {
      if (trailingBackslashes(text, found) % 2 === 0) return found + 1;
      at = found + 1;
    }
  }
}

function quoted(text: string, quote: string): string {
  return text.slice(1, endOfQuoted(text, quote) - 1);
}

function trailingBackslashes(text: string, end: number): number {
  let count = 0;
  while (text[end - 1 - count] === '\\') count += 1;
  return count;
}

/** One line break is a blank, n + 1 of them are n. */
function fold(lines: readonly string[]): string {
  if (lines.length === 1) return lines[0]?.trim() ?? '';
  let breaks = -1;
  const parts: string[] = [];
  for (const line of lines) {
    const text = line.trim();
    if (text === '' && parts.length > 0) {
      breaks += 1;
      continue;
    }
    if (parts.length > 0) parts.push(breaks > 0 ? '\n'.repeat(breaks) : ' ');
    parts.push(text);
    breaks = 0;
  }
  // an empty line in front of the closing quote stands for itself
  return parts.join('');
}

/** In double quotes a backslash at the end of a line joins it with the next. */
function foldQuoted(first: string, more: readonly string[]): string {
  if (more.length === 0) return first;
  const joined: string[] = [];
  let isOpen = false;
  for (const line of [first, ...more]) {
    let text: string = isOpen || joined.length > 0 ? line.trimStart() : line;
    const bare: string = text.trimEnd();
    const isEscaped: boolean = trailingBackslashes(bare, bare.length) % 2 === 1;
    const isContinued: boolean = isEscaped && bare.length === text.length;
    // `\ ` at the end of a line is a blank that stays
    if (isEscaped && !isContinued) text = text.slice(0, bare.length + 1);
    else text = isContinued ? bare.slice(0, -1) : bare;
    if (isOpen) joined.push((joined.pop() ?? '') + text);
    else joined.push(text);
    isOpen = isContinued;
  }
  return foldEscaped(joined);
}

function foldEscaped(lines: readonly string[]): string {
  let breaks = 0;
  const parts: string[] = [];
  for (const [index, text] of lines.entries()) {
    if (index > 0 && text === '' && index < lines.length - 1) {
      breaks += 1;
      continue;
    }
    if (index > 0) parts.push(breaks > 0 ? '\n'.repeat(breaks) : ' ');
    parts.push(text);
    breaks = 0;
  }
  return parts.join('');
}

function withoutComment(line: string): string {
  if (!line.includes('#')) return line;
  const at = line.search(/(?:^|[ \t])#/);
  return at < 0 ? line : line.slice(0, at);
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\u0007',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\u001b',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]))/g,
    (_, x?: string, u?: string, long?: string, one = '') => {
      const hex = x ?? u ?? long;
      if (hex === undefined) return escapes[one] ?? one;
      const point = Number.parseInt(hex, 16);
      return point > 0x10_ffff ? '\ufffd' : String.fromCodePoint(point);
    },
  );
}

function readBlockScalar(
  header: string,
  more: readonly string[],
  parentIndent: number,
): string {
  const given = /[1-9]/.exec(header.slice(0, 3))?.[0];
  const firstText = more.find((line) => line.trim() !== '') ?? '';
  const indent =
    given === undefined
      ? firstText.search(/[^ ]|$/)
      : Math.max(0, parentIndent) + Number(given);
  const lines = more.map((line) => line.slice(indent));
  let end = lines.length;
  while (end > 0 && lines[end - 1] === '') end -= 1;
  const body = lines.slice(0, end);
  const text = header[0] === '|' ? body.join('\n') : foldBlock(body);
  const chomping = /[+-]/.exec(header.slice(0, 3))?.[0];
  if (chomping === '-' || (text === '' && chomping !== '+')) return text;
  return chomping === '+'
    ? text + '\n'.repeat(lines.length - end + (end > 0 ? 1 : 0))
    : `${text}\n`;
}

/** As `fold`; a line that is indented further keeps its breaks. */
function foldBlock(lines: readonly string[]): string {
  const parts: string[] = [];
  let breaks = 0;
  let wasFurther = false;
  let isFirst = true;
  for (const line of lines) {
    if (line === '') {
      breaks += 1;
      continue;
    }
    const isFurther = line[0] === ' ' || line[0] === '\t';
    if (isFirst) parts.push('\n'.repeat(breaks));
    else if (wasFurther || isFurther) parts.push('\n'.repeat(breaks + 1));
    else parts.push(breaks > 0 ? '\n'.repeat(breaks) : ' ');
    parts.push(line);
    breaks = 0;
    wasFurther = isFurther;
    isFirst = false;
  }
  return parts.join('');
}
