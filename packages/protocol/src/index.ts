export { Because, Kick, bodyMaxBytes, bodyMaxDepth } from './kick.ts';
export { Fault, type FaultFacts } from './fault.ts';
export { Uuid7, createUuid7 } from './ids.ts';
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
  didCorrect,
} from './outcome.ts';
export { printable } from './printable.ts';
export { Problem, problemContentType } from './problem.ts';
export { Joined, Run, RunList, ServedKick, waitMaxSeconds } from './run.ts';
export { Expiry, Status } from './status.ts';
/** Puppet's old port of `puppet agent --listen`. */
export const defaultPort = 8139;
