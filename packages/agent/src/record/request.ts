import type { Kick, Uuid7 } from '@kickd/protocol';

/**
 * What the listener may ask of the runner. There is nothing else.
 * `as`: the access rules were asked about a drill; without it about a run.
 */
export type RunnerRequest =
  | { operation: 'submit'; kick: Kick; by: string; as?: 'drill' }
  | {
      operation: 'find' | 'read-log' | 'wait-for-end' | 'wait-for-heal';
      run: Uuid7;
    }
  | { operation: 'cancel'; run: Uuid7; by: string }
  | { operation: 'recent'; most: number }
  | { operation: 'state' };
