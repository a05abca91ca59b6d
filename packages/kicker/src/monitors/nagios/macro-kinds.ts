import type { MacroKind } from './macro-reader.ts';

/** Longer than any name that Nagios can still hear a command about; the service of a URL has some hundred. */
const nameMost = 4096;
/** What the protocol calls a Label. */
const labelMost = 200;
/** Nagios takes any int as max_check_attempts. What is above counts as this. */
const countMost = 1_000_000;
/** The end of the year 9999. */
const instantMost = 253_402_300_799;

/** A name of the monitor: it names what the event is about, however long. */
export const aName = textOf(nameMost);
export const aLabel = textOf(labelMost);

/** A person acknowledged, whoever it was. */
export const anAuthor: MacroKind<string> = {
  wanted: aLabel.wanted,
  parse: (text) => aLabel.parse(text) ?? 'somebody',
};

export function oneOf<Word extends string>(
  words: readonly Word[],
): MacroKind<Word> {
  return {
    wanted: `one of ${words.join(', ')}`,
    parse: (text) => words.find((word) => word === text),
  };
}

export const aCount: MacroKind<number> = {
  wanted: 'a whole number, 1 or more',
  parse: (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : 0;
    return count < 1 ? undefined : Math.min(count, countMost);
  },
};

/**
 * How many downtimes hold now. Below 0 it is none: Nagios and Icinga have counted wrong after a flexible downtime.
 * @see https://github.com/Icinga/icinga-core/issues/944
 */
export const aDepth: MacroKind<number> = {
  wanted: 'a depth: 0, 1, 2 …',
  parse: (text) => (/^-?\d+$/.test(text) ? Number(text) : undefined),
};

/** Epoch seconds to ISO 8601; '': 0, Nagios's "never". */
export const anInstant: MacroKind<string> = {
  wanted: 'seconds since the epoch',
  parse: (text) => {
    const seconds = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (seconds === 0) return '';
    return seconds <= instantMost
      ? new Date(seconds * 1000).toISOString()
      : undefined;
  },
};

export const aShare: MacroKind<number> = {
  wanted: 'a share, 0 to 100',
  parse: (text) => {
    const share = /^\d{1,3}(\.\d{1,6})?$/.test(text)
      ? Number(text)
      : Number.NaN;
    return share <= 100 ? share : undefined;
  },
};

function textOf(most: number): MacroKind<string> {
  return {
    wanted: `at most ${most} characters, none of them a control character`,
    parse: (text) =>
      text.length <= most &&
      // oxlint-disable-next-line no-control-regex
      /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/.test(text)
        ? text
        : undefined,
  };
}
