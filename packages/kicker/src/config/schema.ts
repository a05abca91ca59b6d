import { Type, type Static } from 'typebox';
import { monitorSchemas, type MonitorKind } from '../monitors/schemas.ts';
import { closed, Name, Path, Port, Seconds } from '../schema-parts.ts';

/** One closed mapping a kind; `kind` tells them apart. */
const MonitorPart = Type.Union(
  [
    partOf('nagios'),
    partOf('icinga2'),
    partOf('alertmanager'),
    partOf('zabbix'),
    partOf('checkmk'),
    partOf('sensu'),
    partOf('webhook'),
  ],
  { description: 'a mapping with kind, and the keys of that kind' },
);

function partOf<Kind extends MonitorKind>(kind: Kind) {
  const { keys, description } = monitorSchemas[kind];
  return closed(
    { kind: Type.Literal(kind, { description }), ...keys },
    `a mapping with kind${Object.keys(keys)
      .map((key) => `, ${key}`)
      .join('')}`,
  );
}

/**
 * What `kicker.yaml` may hold: the one source of its checks and of the list in docs/reference/kicker.md.
 * Each `description` says what is wanted, in the words that a mistake is reported with.
 */
export const ConfigFile = closed(
  {
    certname: Type.Optional(Name),
    tls: Type.Optional(
      closed(
        {
          cert: Path('the certificate, PEM'),
          key: Path('its private key, PEM'),
          ca: Path('the CA certificates, PEM'),
          crl: Path('the CRL of each CA, PEM'),
        },
        'a mapping with cert, key, ca and crl',
      ),
    ),
    puppetConf: Type.Optional(Path('puppet.conf')),
    port: Type.Optional(Port),
    hosts: Type.Optional(
      Type.Record(
        Type.String(),
        closed(
          {
            certname: Type.Optional(Name),
            address: Type.Optional(
              Type.String({
                pattern: '^[A-Za-z0-9:][A-Za-z0-9._:%-]{0,252}$',
                description: 'an IP address or a host name',
              }),
            ),
            port: Type.Optional(Port),
          },
          'a mapping with certname, address or port',
        ),
        { description: 'a mapping of host names' },
      ),
    ),
    nagios: Type.Optional(
      closed(
        monitorSchemas.nagios.keys,
        'a mapping with commandFile, statusFile, objectsFile or author',
      ),
    ),
    monitors: Type.Optional(
      Type.Record(Type.String(), MonitorPart, {
        minProperties: 1,
        description: 'a mapping of names to monitors, e.g. dc2: {kind: nagios}',
      }),
    ),
    receive: Type.Optional(
      closed(
        {
          address: Type.Optional(
            Type.String({
              pattern: '^[0-9A-Fa-f:.]{2,45}$',
              description: 'an IP address of this machine',
            }),
          ),
          port: Type.Optional(Port),
          identify: Type.Optional(
            Type.Enum(['certificate', 'token'], {
              description: 'certificate or token',
            }),
          ),
          tls: Type.Optional(
            closed(
              {
                cert: Path('the certificate of the receiver, PEM'),
                key: Path('its private key, PEM'),
                ca: Type.Optional(Path('the CA certificates of senders, PEM')),
                crl: Type.Optional(Path('the CRL of each of them, PEM')),
              },
              'a mapping with cert and key, and ca and crl',
            ),
          ),
          senders: Type.Array(
            closed(
              {
                monitor: Type.String({
                  minLength: 1,
                  description: 'a monitor of this file',
                }),
                certname: Type.Optional(Name),
                tokenFile: Type.Optional(Path('holds the token')),
              },
              'a mapping with monitor, and certname or tokenFile',
            ),
            {
              minItems: 1,
              description: 'a list of who may send, and for which monitor',
            },
          ),
        },
        'a mapping with senders, and address, port, identify or tls',
      ),
    ),
    rules: Type.Optional(Path('the rules')),
    escalate: Type.Optional(
      closed(
        {
          command: Type.Optional(
            Type.Array(
              Type.String({
                pattern: '^[^\\u0000]*$',
                description: 'a text',
              }),
              {
                minItems: 1,
                maxItems: 64,
                description:
                  'a list: the absolute path of a program, and its arguments',
              },
            ),
          ),
          passive: Type.Optional(
            closed(
              {
                host: Type.Optional(
                  Type.String({
                    minLength: 1,
                    description: 'a host of Nagios',
                  }),
                ),
                service: Type.String({
                  minLength: 1,
                  description: 'a service that takes passive results',
                }),
              },
              'a mapping with service, and host where it is always the same',
            ),
          ),
        },
        'a mapping with command or passive',
      ),
    ),
    serve: Type.Optional(
      closed(
        {
          parallel: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1000,
              description: 'a number, 1 to 1000',
            }),
          ),
          policySeconds: Type.Optional(Seconds(1)),
        },
        'a mapping with parallel or policySeconds',
      ),
    ),
    retention: Type.Optional(
      closed(
        {
          days: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 36_500,
              description: 'days, 1 to 36500',
            }),
          ),
          entries: Type.Optional(
            Type.Integer({
              minimum: 1000,
              maximum: 1_000_000_000,
              description: 'a number of entries, 1000 to 1000000000',
            }),
          ),
        },
        'a mapping with days or entries',
      ),
    ),
    metrics: Type.Optional(
      closed(
        {
          textfile: Type.String({
            pattern: '^/.*\\.prom$',
            description: 'an absolute path that ends in .prom',
          }),
        },
        'a mapping with textfile',
      ),
    ),
    spool: Type.Optional(Path('where event handlers put events')),
    retry: Type.Optional(
      closed(
        { forSeconds: Type.Optional(Seconds(1)) },
        'a mapping with forSeconds',
      ),
    ),
    follow: Type.Optional(
      closed(
        { forSeconds: Type.Optional(Seconds(1)) },
        'a mapping with forSeconds',
      ),
    ),
    timeouts: Type.Optional(
      closed(
        {
          connectSeconds: Type.Optional(Seconds(0.1)),
          requestSeconds: Type.Optional(Seconds(0.1)),
        },
        'a mapping with connectSeconds or requestSeconds',
      ),
    ),
    waitSeconds: Type.Optional(Seconds(1)),
    ledger: Type.Optional(Path('the ledger, an SQLite file')),
  },
  'a mapping',
);
export type ConfigFile = Static<typeof ConfigFile>;
