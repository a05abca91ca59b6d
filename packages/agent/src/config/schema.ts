import {
  Certname,
  defaultPort,
  ProfileName,
  RunOutcomeKind,
} from '@kickd/protocol';
import { Type, type Static } from 'typebox';

/** A mapping that holds these keys and no other. */
const closed = (description: string) =>
  ({ additionalProperties: false, description }) as const;
const secondsMost = 24 * 24 * 60 * 60;
/** Every setting is in seconds; 24 days is the longest that a timer holds. */
const Seconds = Type.Integer({
  minimum: 1,
  maximum: secondsMost,
  description: `whole seconds, 1 to ${String(secondsMost)}`,
});
const Count = (minimum: number, maximum: number, what: string) =>
  Type.Integer({
    minimum,
    maximum,
    description: `${what}: a whole number, ${String(minimum)} to ${String(maximum)}`,
  });
const AbsolutePath = (what: string) =>
  Type.String({
    pattern: '^/[^\\u0000]*$',
    description: `an absolute path: ${what}`,
  });

/** A monitor's service → the resources that keep it up. */
const Services = Type.Record(
  Type.String({ pattern: '^[^]{1,200}$' }),
  Type.Array(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'the name of a resource, at most 200 characters',
    }),
    { minItems: 1, description: 'a list of resources, at least one' },
  ),
  closed('a mapping of services of the monitor to lists of resources'),
);

const binary = Type.Optional(AbsolutePath('the program'));

const Argv = Type.Array(
  Type.String({
    pattern: '^[^\\u0000]*$',
    description: 'a text (numbers in quotes)',
  }),
  {
    minItems: 1,
    maxItems: 64,
    description: 'a list: the program, and its arguments',
  },
);

/** Asks the host about one service: exit code 0 is green. Nothing in it comes from a kick. */
const ProbeSettings = Type.Object(
  {
    argv: Argv,
    user: Type.Optional(
      Type.String({
        pattern: '^(?!root$)[A-Za-z_][A-Za-z0-9_.-]{0,31}$',
        description: 'the name of an unprivileged user, never root',
      }),
    ),
    timeoutSeconds: Type.Optional(Count(1, 10, 'seconds')),
  },
  closed('a mapping with argv, user or timeoutSeconds'),
);
export type ProbeSettings = Static<typeof ProbeSettings>;

/** What every profile may say of the services that it keeps up. */
const ofServices = {
  services: Type.Optional(Services),
  /** of the one service in `services` */
  probe: Type.Optional(ProbeSettings),
  probes: Type.Optional(
    Type.Record(
      Type.String({ pattern: '^[^]{1,200}$' }),
      ProbeSettings,
      closed('a mapping of services of the monitor to probes'),
    ),
  ),
};

/** A process of Puppet is loaded ahead: docs/guides/standby.md */
const Standby = Type.Optional(
  Type.Boolean({
    description: 'true to load a Puppet ahead of each run, or false',
  }),
);

const PuppetAgentProfile = Type.Object(
  {
    type: Type.Literal('puppet-agent'),
    binary,
    /** how long Puppet waits for the lock of another run */
    waitForLockSeconds: Type.Optional(Seconds),
    standby: Standby,
    ...ofServices,
  },
  closed('a profile of puppet-agent'),
);

const PuppetApplyProfile = Type.Object(
  {
    type: Type.Literal('puppet-apply'),
    binary,
    manifest: AbsolutePath('the manifest'),
    modulePath: Type.Optional(AbsolutePath('the modules')),
    standby: Standby,
    ...ofServices,
  },
  closed('a profile of puppet-apply'),
);

const ExitCodes = Type.Record(
  Type.String({ pattern: '^(0|[1-9]\\d{0,2})$' }),
  RunOutcomeKind,
  closed('a mapping of exit codes, 0 to 999, to outcomes'),
);

const CommandProfile = Type.Object(
  {
    type: Type.Literal('command'),
    argv: Argv,
    exitCodes: ExitCodes,
    ...ofServices,
  },
  closed('a profile of a command'),
);

/** Breaks services on purpose, so that their healing can be practised: docs/guides/drill.md. */
const DrillProfile = Type.Object(
  {
    type: Type.Literal('drill'),
    argv: Argv,
    exitCodes: ExitCodes,
    /** the services that it breaks, as the monitor names them */
    breaks: Type.Array(
      Type.String({
        pattern: '^[^]{1,200}$',
        description:
          'a service as the monitor names it, at most 200 characters',
      }),
      {
        minItems: 1,
        uniqueItems: true,
        description: 'a list of the services that it breaks, at least one',
      },
    ),
  },
  closed('a profile of a drill'),
);

/** A text that becomes one argument and must not look like an option. */
const Argument = (what: string) =>
  Type.String({
    pattern: '^[^-\\u0000-\\u001f][^\\u0000-\\u001f]*$',
    description: `${what}: a text that does not begin with a dash`,
  });

const CfengineProfile = Type.Object(
  {
    type: Type.Literal('cfengine'),
    binary,
    policy: Type.Optional(AbsolutePath('the policy')),
    /** the bundles that a kick's tags may name */
    bundles: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^([a-z0-9_]+:)?[a-z0-9_]+$',
          description: 'the name of a bundle, in lower case',
        }),
        { minItems: 1, description: 'a list of bundles, at least one' },
      ),
    ),
    ...ofServices,
  },
  closed('a profile of cfengine'),
);

const AnsiblePullProfile = Type.Object(
  {
    type: Type.Literal('ansible-pull'),
    binary,
    url: Argument('the repository'),
    checkout: Type.Optional(Argument('a branch, tag or commit')),
    directory: Type.Optional(AbsolutePath('where it is checked out')),
    inventory: Type.Optional(Argument('an inventory')),
    playbook: Type.Optional(Argument('a playbook')),
    ...ofServices,
  },
  closed('a profile of ansible-pull'),
);

const ChefClientProfile = Type.Object(
  {
    type: Type.Literal('chef-client'),
    binary,
    config: Type.Optional(AbsolutePath('client.rb')),
    /** how long Chef waits for the lock of another run */
    waitForLockSeconds: Type.Optional(Seconds),
    ...ofServices,
  },
  closed('a profile of chef-client'),
);

const SaltCallProfile = Type.Object(
  {
    type: Type.Literal('salt-call'),
    binary,
    local: Type.Optional(
      Type.Boolean({ description: 'true to run without a master, or false' }),
    ),
    configDir: Type.Optional(AbsolutePath('the directory of minion')),
    /** the SLS files that a kick's tags may name */
    states: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^[a-z0-9_][a-z0-9_.-]*$',
          description: 'the name of an SLS file, in lower case',
        }),
        { minItems: 1, description: 'a list of SLS files, at least one' },
      ),
    ),
    ...ofServices,
  },
  closed('a profile of salt-call'),
);

export const Profile = Type.Union(
  [
    PuppetAgentProfile,
    PuppetApplyProfile,
    CfengineProfile,
    AnsiblePullProfile,
    ChefClientProfile,
    SaltCallProfile,
    CommandProfile,
    DrillProfile,
  ],
  {
    description:
      'a mapping with type: puppet-agent, puppet-apply, cfengine, ansible-pull, chef-client, salt-call, command or drill',
  },
);
export type Profile = Static<typeof Profile>;

/**
 * The file as it is written; every key may be left out. Each `description` says what is wanted, in the words that a mistake
 * is reported with.
 */
export const ConfigFile = Type.Object(
  {
    listen: Type.Optional(
      Type.Object(
        {
          address: Type.Optional(
            Type.String({
              minLength: 1,
              description: 'an address of this host',
            }),
          ),
          port: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 65535,
              description: 'a port, 0 (any) to 65535',
            }),
          ),
          /** the listener of systemd's socket ends when nobody was connected for so long; 0: never */
          idleExitSeconds: Type.Optional(Count(0, 24 * 60 * 60, 'seconds')),
          /** what one address, or one /64 of IPv6, may use up */
          perSource: Type.Optional(
            Type.Object(
              {
                connections: Type.Optional(
                  Count(1, 10_000, 'connections of one address'),
                ),
                perSecond: Type.Optional(
                  Count(1, 100_000, 'new connections of one address'),
                ),
              },
              closed('a mapping with connections or perSecond'),
            ),
          ),
        },
        closed('a mapping with address, port, idleExitSeconds or perSource'),
      ),
    ),
    certname: Type.Optional(
      Type.String({
        ...Certname,
        description: 'a certname in lower case, e.g. web1.example.com',
      }),
    ),
    puppetConf: Type.Optional(AbsolutePath('puppet.conf')),
    tls: Type.Optional(
      Type.Object(
        {
          cert: Type.Optional(AbsolutePath('the certificate, PEM')),
          key: Type.Optional(AbsolutePath('its private key, PEM')),
          ca: Type.Optional(AbsolutePath('the CA certificates, PEM')),
          crl: Type.Optional(AbsolutePath('the CRL of each CA, PEM')),
          minVersion: Type.Optional(
            Type.Union([Type.Literal('TLSv1.2'), Type.Literal('TLSv1.3')], {
              description: 'TLSv1.2 or TLSv1.3',
            }),
          ),
        },
        closed('a mapping with cert, key, ca, crl or minVersion'),
      ),
    ),
    acl: Type.Optional(
      Type.Object(
        {
          file: Type.Optional(AbsolutePath('the access rules, auth.conf')),
          anyCertname: Type.Optional(
            Type.Boolean({ description: 'true where a rule says allow *' }),
          ),
        },
        closed('a mapping with file or anyCertname'),
      ),
    ),
    audit: Type.Optional(
      Type.Object(
        { file: Type.Optional(AbsolutePath('the audit file')) },
        closed('a mapping with file'),
      ),
    ),
    cm: Type.Optional(
      Type.Object(
        {
          default: Type.Optional(
            Type.String({
              ...ProfileName,
              description: 'the name of a profile',
            }),
          ),
          profiles: Type.Optional(
            Type.Record(
              ProfileName,
              Profile,
              closed(
                'a mapping of names (lower case, digits, dashes) to profiles',
              ),
            ),
          ),
        },
        closed('a mapping with default or profiles'),
      ),
    ),
    run: Type.Optional(
      Type.Object(
        {
          timeoutSeconds: Type.Optional(Seconds),
          graceSeconds: Type.Optional(Seconds),
          /** between the starts of two kicked runs */
          minIntervalSeconds: Type.Optional(Count(0, 24 * 60 * 60, 'seconds')),
          /** kicks that the runner takes from its listener, each of them written down */
          kicksPerMinute: Type.Optional(Count(1, 1_000_000, 'kicks')),
          /** while this file is there nothing is started */
          freezeFile: Type.Optional(AbsolutePath('the freeze file')),
          keepDays: Type.Optional(Count(1, 3650, 'days')),
        },
        closed(
          'a mapping with timeoutSeconds, graceSeconds, minIntervalSeconds, kicksPerMinute, freezeFile or keepDays',
        ),
      ),
    ),
    state: Type.Optional(AbsolutePath('the directory of journal and output')),
  },
  closed('a mapping'),
);
export type ConfigFile = Static<typeof ConfigFile>;

export const configDefaults = {
  listen: { address: '0.0.0.0', port: defaultPort, idleExitSeconds: 300 },
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
  probe: { user: 'nobody', timeoutSeconds: 10 },
  ansible: { inventory: 'localhost,', playbook: 'local.yml' },
  state: '/var/lib/kickd',
  auditFile: '/var/log/kickd/audit.log',
  minVersion: 'TLSv1.3',
  profile: 'puppet-agent',
} as const;
