import { Type, type Static } from 'typebox';
import { Certname } from '@kickd/protocol';

/** A timer beyond this fires at once. @see https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const timerMaxSeconds = Math.floor((2 ** 31 - 1) / 1000);

const Path = (what: string) =>
  Type.String({ pattern: '^/', description: `an absolute path: ${what}` });
const Seconds = (minimum: number) =>
  Type.Number({
    minimum,
    maximum: timerMaxSeconds,
    description: `seconds, ${minimum} to ${timerMaxSeconds} (a longer timer fires at once)`,
  });
const Port = Type.Integer({
  minimum: 1,
  maximum: 65535,
  description: 'a port, 1 to 65535',
});
const Name = Type.String({
  ...Certname,
  description: 'a certname in lower case, e.g. web1.example.com',
});

function closed<Properties extends Parameters<typeof Type.Object>[0]>(
  properties: Properties,
  description: string,
) {
  return Type.Object(properties, { additionalProperties: false, description });
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
        { commandFile: Type.Optional(Path('the external command file')) },
        'a mapping with commandFile',
      ),
    ),
    rule: Type.Optional(
      closed(
        {
          states: Type.Optional(
            Type.Array(
              Type.Enum(['WARNING', 'CRITICAL', 'UNKNOWN'], {
                description: 'WARNING, CRITICAL or UNKNOWN',
              }),
              {
                minItems: 1,
                uniqueItems: true,
                description: 'a list of WARNING, CRITICAL, UNKNOWN, each once',
              },
            ),
          ),
          softAttempt: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 1000,
              description:
                'the SOFT attempt that kicks, 1 to 1000, or 0 for HARD alone',
            }),
          ),
          acknowledged: Type.Optional(
            Type.Boolean({
              description: 'true to kick acknowledged problems, or false',
            }),
          ),
          staleSeconds: Type.Optional(Seconds(1)),
        },
        'a mapping with states, softAttempt, acknowledged or staleSeconds',
      ),
    ),
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
