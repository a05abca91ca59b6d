import { Type, type Static } from 'typebox';
import { Certname, Instant, ProfileName } from './names.ts';
import { Run } from './run.ts';

export const Expiry = Type.Object({
  /** what expires: `certificate`, `ca NAME`, `crl of NAME` */
  what: Type.String(),
  at: Instant,
  /** within 30 days, 7 days, one day; a kickd of before tells none */
  level: Type.Optional(
    Type.Union([
      Type.Literal('far'),
      Type.Literal('month'),
      Type.Literal('week'),
      Type.Literal('day'),
      Type.Literal('expired'),
    ]),
  ),
});
export type Expiry = Static<typeof Expiry>;

/** Reply of `GET /status`. */
export const Status = Type.Object({
  version: Type.String(),
  certname: Certname,
  uptimeSeconds: Type.Integer(),
  /** how runs are started: as transient systemd units, or as process groups */
  launcher: Type.Optional(
    Type.Union([Type.Literal('unit'), Type.Literal('process')]),
  ),
  cm: Type.Object({
    profile: ProfileName,
    /** another run of the tool holds its lock */
    locked: Type.Boolean(),
    /** the administrator's message, where the tool is disabled */
    disabled: Type.Optional(Type.String()),
    /** the policy that the tool's last run applied, whoever started that run; absent: it tells none */
    policy: Type.Optional(
      Type.Object({
        configVersion: Type.String(),
        endedAt: Instant,
        durationMs: Type.Optional(Type.Integer()),
      }),
    ),
  }),
  current: Type.Optional(Run),
  last: Type.Optional(Run),
  expiries: Type.Array(Expiry),
  acl: Type.Object({
    /** whether the file that was last read is the one in force */
    current: Type.Boolean(),
    rules: Type.Integer(),
  }),
  /** red: no kick is taken until it can be written again */
  journal: Type.Optional(
    Type.Object({
      ok: Type.Boolean(),
      reason: Type.Optional(Type.String()),
    }),
  ),
  /** red: no kick is taken until it can be written again */
  audit: Type.Optional(
    Type.Object({
      ok: Type.Boolean(),
      reason: Type.Optional(Type.String()),
      /** `NUMBER:HASH` of its last line: noted elsewhere, it shows whether lines were cut off later */
      head: Type.String(),
    }),
  ),
  /** the words of the freeze file, where there is one */
  frozen: Type.Optional(Type.String()),
  limits: Type.Object({
    bodyMaxBytes: Type.Integer(),
    runTimeoutSeconds: Type.Integer(),
    minIntervalSeconds: Type.Optional(Type.Integer()),
  }),
});
export type Status = Static<typeof Status>;
