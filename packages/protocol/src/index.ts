export { acceptOutcome } from './accept-outcome.ts';
export { Because, Kick, bodyMaxBytes, bodyMaxDepth } from './kick.ts';
export { Fault, type FaultFacts } from './fault.ts';
export { createUuid7 } from './create-uuid7.ts';
export { Uuid7 } from './ids.ts';
export {
  Certname,
  Environment,
  Instant,
  Label,
  ProfileName,
  Tag,
} from './names.ts';
export {
  CorrectedResource,
  Outcome,
  OutcomeKind,
  RunOutcomeKind,
  didCorrect,
} from './outcome.ts';
export { outcomeLimits, runLimits } from './limits.ts';
export { patterns } from './patterns.ts';
export { oneLine } from './one-line.ts';
export { printable, printableAscii } from './printable.ts';
export { Problem, problemContentType } from './problem.ts';
export { Healed, Joined, Run, RunList, ServedKick } from './run.ts';
export { Expiry, Status } from './status.ts';
export { waitMaxSeconds } from './wait-max.ts';
/** Puppet's old port of `puppet agent --listen`. */
export const defaultPort = 8139;
