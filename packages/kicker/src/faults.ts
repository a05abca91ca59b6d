import { Fault, type FaultFacts } from '@kickd/protocol';
import { Faults } from './errors.ts';

/** The faults that an error carries. @throws the error itself where it is none of ours: a mistake in kicker */
export function faultsOf(error: unknown): readonly FaultFacts[] {
  if (error instanceof Faults) return error.faults;
  if (error instanceof Fault) return [error];
  throw error;
}

/** What the log says of something that went wrong: one of ours with its code, or a mistake in kicker. */
export function troubleOf(error: unknown): {
  code: string;
  message: string;
  remedy?: string;
} {
  if (error instanceof Fault) {
    const { code, message, remedy } = error;
    return { code, message, remedy };
  }
  const message =
    error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'INTERNAL', message };
}
