import type { Yaml } from './yaml-block.ts';

/** Of all anchors of one document, in characters of their text. */
const budgetChars = 4 * 1024 * 1024;
/** A collection takes several times the memory of its text. */
const collectionFactor = 8;
const textMaxChars = 1024;
/** What an anchor takes beside its text. */
const anchorChars = 128;
/** Of all that stands in brackets in one document: a parser of YAML takes milliseconds for a thousand characters. */
const flowBudgetChars = 16 * 1024;

/**
 * What `&name` stands for in one document. An alias gives the same value again and never a copy, so that no number
 * of aliases makes it grow; one of what did not fit, or of what comes later, is nothing.
 */
export class Anchors {
  readonly #values = new Map<string, Yaml>();
  #left = budgetChars;
  #flowLeft = flowBudgetChars;

  get(name: string): Yaml {
    return this.#values.get(name);
  }

  /** @param chars of the text that the value was read from */
  set(name: string, value: Yaml, chars: number): void {
    const isText = typeof value === 'string';
    const cost = isText
      ? Math.min(value.length, textMaxChars) + anchorChars
      : chars * collectionFactor;
    // an anchor that is given again is no longer what it was
    this.#values.delete(name);
    if (cost > this.#left) return;
    this.#left -= cost;
    this.#values.set(
      name,
      isText ? copyOf(value.slice(0, textMaxChars)) : value,
    );
  }

  /** Nothing more is kept, so that nothing need be read for its anchors. */
  get isFull(): boolean {
    return this.#left < anchorChars * 2;
  }

  mayReadFlow(chars: number): boolean {
    this.#flowLeft -= chars;
    return this.#flowLeft >= 0;
  }
}

/** A part of a text keeps the whole of it in memory. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
