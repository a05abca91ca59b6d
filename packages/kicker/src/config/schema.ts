import { Type, type Static } from 'typebox';
import { closed, Name, Path, Port, Seconds } from './schema-parts.ts';

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
    rules: Type.Optional(Path('the rules')),
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
