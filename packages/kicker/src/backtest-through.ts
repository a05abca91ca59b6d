/**
 * A command that hands a log over as kicker reads it, to be typed as it stands.
 * @param program what reads the log and writes it out again
 * @param path of the log; absent: it came through a pipe already
 */
export function backtestThrough(
  program: string,
  path: string | undefined,
): string {
  return path === undefined
    ? `… | ${program} | kicker backtest -`
    : `${program} ${shellWord(path)} | kicker backtest -`;
}

/** A file's name as a shell reads it back. */
function shellWord(file: string): string {
  const path = file.startsWith('-') ? `./${file}` : file;
  return /^[\w./@%+=:,-]+$/.test(path)
    ? path
    : `'${path.replaceAll("'", `'\\''`)}'`;
}
