/** Whether a call on a file failed because there is no such file: `ENOENT`, and no other reason. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
