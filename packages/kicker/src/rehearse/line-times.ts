/** Lines of one log, and for each the time at which it is taken to be written; that never goes back. */
export interface TimedLines {
  lines: string[];
  atMs: number[];
}

/** What was odd about the times of a log. */
export interface OddTimes {
  /** lines whose time was far from that of all around them */
  stray: number;
  firstStray?: string;
  /** how often the time went back for good, and by how much at most */
  setBack: number;
  mostBackMs: number;
}

/** How the lines of a kind of log are read, as far as times go. */
export interface LineReader {
  /** @returns -1 for a line without a time */
  secondsOf(line: string): number;
  /** @returns where another line begins inside a line that is torn, or -1 */
  tornAt(line: string): number;
}

/**
 * The times of the lines of one log. A line whose time is far from that of its neighbours gets theirs: one such line
 * must not move all that follow. Where the lines behind it agree, time has really moved. Ahead is a quiet night. Back
 * is a clock that was set, or logs put together in another order: from there on time goes on from where it was.
 */
export interface LineTimes {
  take(lines: readonly string[]): TimedLines;
  /** what was held back to the last */
  end(): TimedLines;
  readonly odd: OddTimes;
}

/** Seconds: farther apart than this, the lines behind are asked. */
const aheadMost = 60 * 60;
const backMost = 60;
/** how many lines with a time are asked, and how many of them have to agree */
const asked = 3;
const agreeing = 2;
/** how many lines are held back at most, most of them without a time */
const heldMost = 100;
const day = 24 * 60 * 60;

export function createLineTimes(reader: LineReader): LineTimes {
  const odd: OddTimes = { stray: 0, setBack: 0, mostBackMs: 0 };
  /** of the last line that was believed, as the log has it; undefined: none yet */
  let known: number | undefined;
  /** what is added since the time went back */
  let shift = 0;
  /** of the last line that was given out */
  let latest = 0;
  /** a line that is far from `known`, and those behind it */
  let held: { line: string; seconds: number }[] = [];

  function give(line: string, out: TimedLines): void {
    if (known !== undefined) latest = Math.max(latest, known + shift);
    out.lines.push(line);
    out.atMs.push(latest * 1000);
  }

  function isNear(seconds: number): boolean {
    return (
      known !== undefined &&
      seconds <= known + aheadMost &&
      seconds >= known - backMost
    );
  }

  /** The first line that is held, by the next ones that have a time. */
  function judge(line: string, seconds: number, next: readonly number[]): void {
    const needed = Math.min(agreeing, next.length);
    if (known === undefined) {
      const behind = next.filter((other) => other < seconds - backMost);
      known =
        behind.length > 0 && behind.length >= needed
          ? Math.min(...behind)
          : seconds;
    }
    const before = known;
    const agree = next.filter(
      (other) => Math.abs(other - seconds) < Math.abs(other - before),
    );
    if (seconds !== before && agree.length < needed) {
      odd.stray += 1;
      odd.firstStray ??= line;
      return;
    }
    if (seconds < before) {
      odd.setBack += 1;
      odd.mostBackMs = Math.max(odd.mostBackMs, (before - seconds) * 1000);
      // What lies days apart is put a day apart: neither makes the other look like a relapse.
      shift = latest - seconds + (before - seconds > day ? day : 0);
    } else if (seconds - before > day) {
      // Long enough that nothing counts on it any more: what was added is taken off.
      shift = Math.min(shift, Math.max(0, latest - seconds));
    }
    known = seconds;
  }

  /** Gives out what can be said of the lines that are held. */
  function release(out: TimedLines, isEnd: boolean): void {
    for (let first = held[0]; first !== undefined; first = held[0]) {
      const { line, seconds } = first;
      if (isNear(seconds)) {
        known = seconds;
      } else if (seconds >= 0) {
        const next: number[] = [];
        for (const other of held.slice(1)) {
          if (other.seconds >= 0 && next.length < asked) {
            next.push(other.seconds);
          }
        }
        const isEnough = next.length === asked || held.length >= heldMost;
        if (!isEnough && !isEnd) return;
        judge(line, seconds, next);
      }
      held.shift();
      give(line, out);
    }
  }

  function takeLine(line: string, out: TimedLines): void {
    const seconds = reader.secondsOf(line);
    if (held.length === 0 && (seconds < 0 || isNear(seconds))) {
      if (seconds >= 0) known = seconds;
      give(line, out);
      return;
    }
    held.push({ line, seconds });
    release(out, false);
  }

  return {
    odd,
    take: (lines) => {
      const out: TimedLines = { lines: [], atMs: [] };
      for (const line of lines) {
        let whole = line;
        for (
          let torn = reader.tornAt(whole);
          torn > 0;
          torn = reader.tornAt(whole)
        ) {
          takeLine(whole.slice(0, torn), out);
          whole = whole.slice(torn);
        }
        takeLine(whole, out);
      }
      return out;
    },
    end: () => {
      const out: TimedLines = { lines: [], atMs: [] };
      release(out, true);
      return out;
    },
  };
}
