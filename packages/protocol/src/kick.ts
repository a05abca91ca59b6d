import { Type, type Static } from 'typebox';
import { Uuid7 } from './ids.ts';
import { runLimits } from './limits.ts';
import {
  Certname,
  Environment,
  Instant,
  Label,
  ProfileName,
  Tag,
} from './names.ts';

/** What the monitor saw; `since` is when the problem began. */
export const Because = Type.Object(
  {
    monitor: Type.Optional(Label),
    host: Type.Optional(Label),
    service: Type.Optional(Label),
    state: Type.Optional(Label),
    problem: Type.Optional(Label),
    since: Type.Optional(Instant),
  },
  { additionalProperties: false },
);
export type Because = Static<typeof Because>;

/** Body of `POST /run`: one ask for a run on one host. */
export const Kick = Type.Object(
  {
    kick: Uuid7,
    certname: Certname,
    cm: Type.Optional(ProfileName),
    tags: Type.Optional(
      Type.Array(Tag, {
        minItems: 1,
        maxItems: runLimits.tags,
        uniqueItems: true,
      }),
    ),
    noop: Type.Optional(Type.Boolean()),
    environment: Type.Optional(Environment),
    expires: Type.Optional(Instant),
    because: Type.Optional(Because),
  },
  { additionalProperties: false },
);
export type Kick = Static<typeof Kick>;

/** The largest body of `POST /run`, in bytes. */
export const bodyMaxBytes = 4 * 1024;
/** How deep a body may nest: the kick, then `because` or `tags`. */
export const bodyMaxDepth = 2;
