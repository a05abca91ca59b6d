import { Fault } from '@kickd/protocol';

/** What the log says of something that went wrong: one of ours with its code, or a mistake in kicker. */
export function troubleOf(error: unknown): { code: string; message: string } {
  if (error instanceof Fault) {
    return { code: error.code, message: error.message };
  }
  const message =
    error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'INTERNAL', message };
}
