import type { Outcome } from '@kickd/protocol';
import { bareOutcome } from '../run/outcome.ts';
import type { ChildIdentity, OpenRun } from '../ports.ts';

export type Settlement =
  /** never begun, so that it may begin now */
  | { kind: 'requeue' }
  /** begun, and perhaps still alive: look for the child, by its identity or by its mark */
  | { kind: 'adopt'; child: ChildIdentity | undefined }
  | { kind: 'end'; outcome: Outcome };

/**
 * What to do at start with a run that an earlier kickd left open.
 * A run is marked as running before its child is started, so that one without a child may or may
 * not have begun: it is looked for, told by its own report, or told as lost, and never started a
 * second time.
 */
export function settle(open: OpenRun, bootId: string): Settlement {
  if (open.run.state === 'queued') return { kind: 'requeue' };
  if (open.bootId !== bootId) {
    return {
      kind: 'end',
      outcome: bareOutcome(
        'lost',
        'host-rebooted',
        'the host was restarted during this run',
      ),
    };
  }
  return { kind: 'adopt', child: open.child };
}
