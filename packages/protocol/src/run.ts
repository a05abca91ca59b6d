import { Type, type Static } from 'typebox';
import { Uuid7 } from './ids.ts';
import { Because } from './kick.ts';
import { Certname, Environment, Instant, ProfileName, Tag } from './names.ts';
import { CorrectedResource, Outcome } from './outcome.ts';

/** How a kick came to the run that serves it. */
export const Joined = Type.Union([
  Type.Literal('started'),
  Type.Literal('queued'),
  Type.Literal('joined-queued'),
  Type.Literal('joined-running'),
]);
export type Joined = Static<typeof Joined>;

export const ServedKick = Type.Object({
  kick: Uuid7,
  /** certname of the asker */
  by: Certname,
  joined: Joined,
  acceptedAt: Instant,
  expires: Type.Optional(Instant),
  /** what the monitor saw, as the kick told it */
  because: Type.Optional(Because),
});
export type ServedKick = Static<typeof ServedKick>;

/**
 * The first step of a run has ended and the run goes on: what it has put back so far. It is no outcome, and the outcome
 * holds all of it.
 */
export const Healed = Type.Object({
  at: Instant,
  corrected: Type.Array(CorrectedResource),
  failed: Type.Array(Type.String()),
});
export type Healed = Static<typeof Healed>;

/** One execution of a CM tool on one host; it may serve many kicks. */
export const Run = Type.Object({
  run: Uuid7,
  certname: Certname,
  cm: ProfileName,
  state: Type.Union([
    Type.Literal('queued'),
    Type.Literal('running'),
    Type.Literal('ended'),
  ]),
  tags: Type.Optional(Type.Array(Tag)),
  noop: Type.Boolean(),
  environment: Type.Optional(Environment),
  kicks: Type.Array(ServedKick),
  queuedAt: Instant,
  startedAt: Type.Optional(Instant),
  /** only of a run that heals first, see `Healed` */
  healed: Type.Optional(Healed),
  endedAt: Type.Optional(Instant),
  /** milliseconds from start to end, by the monotonic clock */
  durationMs: Type.Optional(Type.Integer()),
  outcome: Type.Optional(Outcome),
});
export type Run = Static<typeof Run>;

/** Reply of `GET /runs`, newest first. */
export const RunList = Type.Object({ runs: Type.Array(Run) });
export type RunList = Static<typeof RunList>;
