import {
  Certname,
  defaultPort,
  OutcomeKind,
  ProfileName,
} from '@kickd/protocol';
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
/** Every setting is in seconds; 24 days is the longest that a timer holds. */
const Seconds = Type.Integer({ minimum: 1, maximum: 24 * 24 * 60 * 60 });
const AbsolutePath = Type.String({ pattern: '^/[^\\u0000]*$' });

/** A monitor's service → the resources that keep it up. */
const Services = Type.Record(
  Type.String({ minLength: 1, maxLength: 200 }),
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1 }),
);

const PuppetAgentProfile = Type.Object(
  {
    type: Type.Literal('puppet-agent'),
    binary: Type.Optional(AbsolutePath),
    /** how long Puppet waits for the lock of another run */
    waitForLockSeconds: Type.Optional(Seconds),
    services: Type.Optional(Services),
  },
  closed,
);

const PuppetApplyProfile = Type.Object(
  {
    type: Type.Literal('puppet-apply'),
    binary: Type.Optional(AbsolutePath),
    manifest: AbsolutePath,
    modulePath: Type.Optional(AbsolutePath),
    services: Type.Optional(Services),
  },
  closed,
);

const CommandProfile = Type.Object(
  {
    type: Type.Literal('command'),
    argv: Type.Array(Type.String({ pattern: '^[^\\u0000]*$' }), {
      minItems: 1,
      maxItems: 64,
    }),
    exitCodes: Type.Record(
      Type.String({ pattern: '^(0|[1-9]\\d{0,2})$' }),
      OutcomeKind,
    ),
    services: Type.Optional(Services),
  },
  closed,
);

/** A text that becomes one argument and must not look like an option. */
const Argument = Type.String({
  pattern: '^[^-\\u0000-\\u001f][^\\u0000-\\u001f]*$',
});

const CfengineProfile = Type.Object(
  {
    type: Type.Literal('cfengine'),
    binary: Type.Optional(AbsolutePath),
    policy: Type.Optional(AbsolutePath),
    /** the bundles that a kick's tags may name */
    bundles: Type.Optional(
      Type.Array(Type.String({ pattern: '^([a-z0-9_]+:)?[a-z0-9_]+$' }), {
        minItems: 1,
      }),
    ),
    services: Type.Optional(Services),
  },
  closed,
);

const AnsiblePullProfile = Type.Object(
  {
    type: Type.Literal('ansible-pull'),
    binary: Type.Optional(AbsolutePath),
    url: Argument,
    checkout: Type.Optional(Argument),
    directory: Type.Optional(AbsolutePath),
    inventory: Type.Optional(Argument),
    playbook: Type.Optional(Argument),
    services: Type.Optional(Services),
  },
  closed,
);

const ChefClientProfile = Type.Object(
  {
    type: Type.Literal('chef-client'),
    binary: Type.Optional(AbsolutePath),
    config: Type.Optional(AbsolutePath),
    /** how long Chef waits for the lock of another run */
    waitForLockSeconds: Type.Optional(Seconds),
    services: Type.Optional(Services),
  },
  closed,
);

const SaltCallProfile = Type.Object(
  {
    type: Type.Literal('salt-call'),
    binary: Type.Optional(AbsolutePath),
    local: Type.Optional(Type.Boolean()),
    configDir: Type.Optional(AbsolutePath),
    /** the SLS files that a kick's tags may name */
    states: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z0-9_][a-z0-9_.-]*$' }), {
        minItems: 1,
      }),
    ),
    services: Type.Optional(Services),
  },
  closed,
);

export const Profile = Type.Union([
  PuppetAgentProfile,
  PuppetApplyProfile,
  CfengineProfile,
  AnsiblePullProfile,
  ChefClientProfile,
  SaltCallProfile,
  CommandProfile,
]);
export type Profile = Static<typeof Profile>;

/** The file as it is written; every key may be left out. */
export const ConfigFile = Type.Object(
  {
    listen: Type.Optional(
      Type.Object(
        {
          address: Type.Optional(Type.String({ minLength: 1 })),
          port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
          /** what one address, or one /64 of IPv6, may use up */
          perSource: Type.Optional(
            Type.Object(
              {
                connections: Type.Optional(
                  Type.Integer({ minimum: 1, maximum: 10_000 }),
                ),
                perSecond: Type.Optional(
                  Type.Integer({ minimum: 1, maximum: 100_000 }),
                ),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    certname: Type.Optional(Certname),
    puppetConf: Type.Optional(AbsolutePath),
    tls: Type.Optional(
      Type.Object(
        {
          cert: Type.Optional(AbsolutePath),
          key: Type.Optional(AbsolutePath),
          ca: Type.Optional(AbsolutePath),
          crl: Type.Optional(AbsolutePath),
          minVersion: Type.Optional(
            Type.Union([Type.Literal('TLSv1.2'), Type.Literal('TLSv1.3')]),
          ),
        },
        closed,
      ),
    ),
    acl: Type.Optional(
      Type.Object(
        {
          file: Type.Optional(AbsolutePath),
          anyCertname: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
    ),
    audit: Type.Optional(
      Type.Object({ file: Type.Optional(AbsolutePath) }, closed),
    ),
    cm: Type.Optional(
      Type.Object(
        {
          default: Type.Optional(ProfileName),
          profiles: Type.Optional(Type.Record(ProfileName, Profile)),
        },
        closed,
      ),
    ),
    run: Type.Optional(
      Type.Object(
        {
          timeoutSeconds: Type.Optional(Seconds),
          graceSeconds: Type.Optional(Seconds),
          /** between the starts of two kicked runs */
          minIntervalSeconds: Type.Optional(
            Type.Integer({ minimum: 0, maximum: 24 * 60 * 60 }),
          ),
          /** kicks that the runner takes from its listener, each of them written down */
          kicksPerMinute: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1_000_000 }),
          ),
          /** while this file is there nothing is started */
          freezeFile: Type.Optional(AbsolutePath),
          keepDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
        },
        closed,
      ),
    ),
    state: Type.Optional(AbsolutePath),
  },
  closed,
);
export type ConfigFile = Static<typeof ConfigFile>;

export const configDefaults = {
  listen: { address: '0.0.0.0', port: defaultPort },
  perSource: { connections: 32, perSecond: 100 },
  acl: { file: '/etc/kickd/auth.conf', anyCertname: false },
  run: {
    timeoutSeconds: 15 * 60,
    graceSeconds: 10,
    minIntervalSeconds: 10,
    kicksPerMinute: 120,
    freezeFile: '/etc/kickd/freeze',
    keepDays: 30,
  },
  waitForLockSeconds: 5 * 60,
  ansible: { inventory: 'localhost,', playbook: 'local.yml' },
  state: '/var/lib/kickd',
  auditFile: '/var/log/kickd/audit.log',
  minVersion: 'TLSv1.3',
  profile: 'puppet-agent',
} as const;
