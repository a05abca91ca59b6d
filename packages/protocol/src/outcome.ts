import { Type, type Static } from 'typebox';

/** How a run ended, in the same words for every CM tool. */
export const RunOutcomeKind = Type.Union([
  Type.Literal('unchanged'),
  Type.Literal('corrected'),
  Type.Literal('partly'),
  Type.Literal('failed'),
  Type.Literal('timed-out'),
  Type.Literal('cancelled'),
  Type.Literal('refused'),
  Type.Literal('lost'),
  Type.Literal('not-started'),
]);
export type RunOutcomeKind = Static<typeof RunOutcomeKind>;

/** How a kick ended: as its run did, or without one, since the host itself says that there is nothing to repair. */
export const OutcomeKind = Type.Union([
  RunOutcomeKind,
  Type.Literal('not-needed'),
]);
export type OutcomeKind = Static<typeof OutcomeKind>;

/** One resource that the run put back, from the tool's own report. */
export const CorrectedResource = Type.Object({
  /** e.g. `Service[apache2]` */
  resource: Type.String(),
  property: Type.Optional(Type.String()),
  from: Type.Optional(Type.String()),
  to: Type.Optional(Type.String()),
  /** true: drift was repaired; false: the policy itself changed, or the tool cannot tell */
  corrective: Type.Optional(Type.Boolean()),
});
export type CorrectedResource = Static<typeof CorrectedResource>;

export const Outcome = Type.Object({
  kind: OutcomeKind,
  /** why, as a stable word: `disabled`, `busy`, `expired`, `no-report`, `runner-gone`, … */
  code: Type.Optional(Type.String()),
  /** one printable line for a person */
  reason: Type.Optional(Type.String()),
  /** the tool's own exit code, where it ended by itself */
  exitCode: Type.Optional(Type.Integer()),
  corrected: Type.Array(CorrectedResource),
  /** names of resources that failed */
  failed: Type.Array(Type.String()),
  /** Puppet: the catalog came from the cache because the server did not give one */
  cachedCatalog: Type.Optional(Type.Boolean()),
  /**
   * Whether a corrected resource belongs to the service that a kick was about; left out where the
   * profile has no word on that service
   */
  matched: Type.Optional(Type.Boolean()),
  /**
   * What the host's own probe said right after the run; left out where it was not asked. The monitor's verdict is
   * another matter
   */
  verified: Type.Optional(Type.Boolean()),
  /** noop: what a real run would have put back */
  pending: Type.Optional(Type.Array(CorrectedResource)),
  /** the version of the policy that was applied */
  configVersion: Type.Optional(Type.String()),
});
export type Outcome = Static<typeof Outcome>;

/** Whether the service can be expected to be better after this outcome. */
export function didCorrect(outcome: Outcome): boolean {
  return outcome.kind === 'corrected' || outcome.kind === 'partly';
}
