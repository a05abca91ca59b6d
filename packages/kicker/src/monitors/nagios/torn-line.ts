/**
 * Where another line begins inside a line: Nagios was killed while it wrote, the disk was full, or blocks that were never
 * written are in front, and what was written next follows on the same line.
 * @returns the index, or -1
 */
export function tornAt(line: string): number {
  for (let at = line.indexOf('[', 1); at > 0; at = line.indexOf('[', at + 1)) {
    // Most of a log has a bracket or none: the pattern is tried only where a time could stand.
    const digit = line.charCodeAt(at + 1);
    if (!(digit >= 0x30 && digit <= 0x39)) continue;
    if (head.test(line.slice(at, at + 80)) && !quoted.test(line.slice(0, at))) {
      return at;
    }
  }
  return -1;
}

/** A time of nine or ten digits, since 1973: a process id has seven. And a kind: a plugin may say times as well. */
const head =
  /^\[\d{9,10}\] (?:\[\d+\] )?(?:[A-Za-z]+: )?(?:(?:CURRENT|INITIAL) (?:HOST|SERVICE) STATE|(?:HOST|SERVICE) (?:(?:FLAPPING|DOWNTIME) )?ALERT|(?:HOST|SERVICE) NOTIFICATION|EXTERNAL COMMAND|LOG (?:ROTATION|VERSION)|[A-Z]\w+ \d[\w.]* starting)\b/;

/** What a person or a program wrote may quote a log; a plugin's output in an alert cannot, since its `;` become colons. */
const quoted = /(?:EXTERNAL COMMAND|PASSIVE (?:HOST|SERVICE) CHECK): /;
