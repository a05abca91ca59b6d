/** Of the output of a run: what stands behind was not written by a tool that could not begin. */
const outputMaxChars = 256 * 1024;

/**
 * The one line of a program's output that tells why it did not become the tool, where the tool's own errors are
 * looked for elsewhere: what a wrapper said that found nothing to start (126, 127), or how a program in Python or Ruby
 * broke off.
 * @returns foreign text; undefined: no line of it tells
 */
export function lastWords(
  output: string | undefined,
  exitCode: number | undefined,
): string | undefined {
  const lines = (output ?? '')
    .slice(0, outputMaxChars)
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (exitCode === 126 || exitCode === 127) return lines[0];
  const trace = lines.lastIndexOf('Traceback (most recent call last):');
  // its lines are indented, the error itself is not
  return trace === -1
    ? undefined
    : lines.slice(trace + 1).find((line) => /^\S/.test(line));
}
