import type { FaultFacts } from '@kickd/protocol';

/** Thrown with every mistake that keeps kickd from starting. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
  readonly faults: readonly FaultFacts[];

  constructor(found: readonly FaultFacts[]) {
    super(found.map(({ code }) => code).join(', '));
    this.faults = found;
  }
}
