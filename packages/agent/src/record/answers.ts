import type { Run } from '@kickd/protocol';
import type { Cancellation, RunnerState, Submission } from '../ports.ts';
import type { Operation } from './layout.ts';
import type { RecordFault } from './decode.ts';

/** The answer to each operation, as JSON: the one who reads it has no privilege to lose. */
export interface Answers extends Record<Operation, unknown> {
  submit: Submission;
  cancel: Cancellation;
  find: { run?: Run };
  'wait-for-end': { run?: Run };
  'wait-for-heal': { run?: Run };
  /** followed by chunks where the run is known */
  'read-log': { isKnown: boolean };
  recent: Run[];
  state: RunnerState;
}

/** Why the runner does not even look at a request. */
export type RunnerRefusal = RecordFault | 'certname' | 'late';
