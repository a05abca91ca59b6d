import { resourceName } from './tool-end.ts';

/** A resource whose actions are being told. */
interface Open {
  /** blanks in front of its heading: what it did stands two further in */
  indent: number;
  name: string;
}

/** A longer line is the content of a file or the output of a command. */
const lineMaxChars = 8 * 1024;
/** A name of more lines than that is no name. */
const nameMaxLines = 64;

const heading = /^( *)\* ([^[\s]{1,100})\[(.*)$/;
/** What a heading ends in when nothing was done; other brackets are a log line that stands behind it. */
const nothingDone = / \((?:up to date|skipped due to .*|Skipped: .*)\)$/;
const ruler = /^( *)={20,}$/;
const change = /^( *)- \S/;

/**
 * Follows which resource the lines of the doc formatter speak of. The formatter indents: a resource that another
 * one declares stands two blanks further in than it, and so does each line of what was done to a resource. A change of
 * the outer resource may come after the inner ones.
 *
 * What a command printed, a diff shows or an error quotes stands deeper, or between rulers, and says nothing.
 * @see lib/chef/formatters/doc.rb, lib/chef/formatters/indentable_output_stream.rb
 */
export class ChefResources {
  readonly changed: string[] = [];
  readonly #open: Open[] = [];
  /** below an error's ruler: its text stands at least as deep */
  #headingMaxIndent: number | undefined;
  /** a heading whose name goes on in the next line */
  #partly: { indent: number; type: string; lines: string[] } | undefined;

  take(line: string): void {
    if (line.length > lineMaxChars) return;
    const [, indent, type, text] = heading.exec(line) ?? [];
    if (indent === undefined || type === undefined || text === undefined) {
      if (!this.#takeRestOfName(line)) this.#takeOther(line);
      return;
    }
    const whole = splitHeading(text);
    if (whole !== undefined) {
      this.#partly = undefined;
      const name = resourceName(type, whole.title);
      this.#begin({ indent: indent.length, name }, whole.rest);
    } else if (this.#takeRestOfName(line)) {
      // a line of a script that looks like a heading
    } else if (this.#isHeadingAt(indent.length)) {
      this.#partly = { indent: indent.length, type, lines: [text] };
    }
  }

  /** @returns whether the line belongs to the name */
  #takeRestOfName(line: string): boolean {
    const partly = this.#partly;
    if (partly === undefined) return false;
    // the formatter indents what goes on as well
    const blanks = ' '.repeat(partly.indent);
    const text = line.startsWith(blanks) ? line.slice(blanks.length) : line;
    const end = splitHeading(text);
    partly.lines.push(end?.title ?? text);
    if (end !== undefined) {
      this.#partly = undefined;
      const name = resourceName(partly.type, partly.lines.join('\n'));
      this.#begin({ indent: partly.indent, name }, end.rest);
    } else if (partly.lines.length > nameMaxLines) {
      this.#partly = undefined;
    }
    return true;
  }

  #takeOther(line: string): void {
    const [, edge] = ruler.exec(line) ?? [];
    if (edge !== undefined) {
      this.#open.length = 0;
      this.#headingMaxIndent = Math.max(0, edge.length - 2);
      return;
    }
    const [, indent] = change.exec(line) ?? [];
    if (indent !== undefined) {
      const owner = this.#open.find((one) => one.indent + 2 === indent.length);
      if (owner !== undefined) this.changed.push(owner.name);
    } else if (/^ *\(up to date\)$/.test(line)) {
      // behind a log line that stands behind the heading
      this.#open.pop();
    }
  }

  #begin(resource: Open, rest: string): void {
    if (!this.#isHeadingAt(resource.indent)) return;
    while ((this.#open.at(-1)?.indent ?? -1) >= resource.indent) {
      this.#open.pop();
    }
    this.#headingMaxIndent = undefined;
    if (!nothingDone.test(rest)) this.#open.push(resource);
  }

  #isHeadingAt(indent: number): boolean {
    const last = this.#open.at(-1);
    return indent <= (this.#headingMaxIndent ?? (last?.indent ?? indent) + 2);
  }
}

/**
 * `apache2] action start (up to date)` → the name, and what stands behind the action: nothing, brackets, or a log line.
 * @returns undefined when the name goes on in the next line
 */
function splitHeading(
  text: string,
): { title: string; rest: string } | undefined {
  const mark = '] action ';
  for (
    let at = text.indexOf(mark);
    at !== -1;
    at = text.indexOf(mark, at + 1)
  ) {
    const behind = text.slice(at + mark.length, at + mark.length + 200);
    const action = /^\w{1,100}(?=$| \(|\[\d{4}-\d\d-)/.exec(behind)?.[0];
    if (action === undefined) continue;
    const rest = text.slice(at + mark.length + action.length);
    if (rest === '' || rest.startsWith('[') || rest.endsWith(')')) {
      return { title: text.slice(0, at), rest };
    }
  }
  return undefined;
}
