import { Type } from 'typebox';
import { closed, Path } from '../schema-parts.ts';

/** How the API of a monitor is reached; its trust is its own and has nothing to do with that of kickd. */
export const ApiPart = closed(
  {
    url: Type.String({
      pattern:
        '^(?:https://[^/?#@\\s]+|http://(?:localhost|127(?:\\.[0-9]{1,3}){3}|\\[::1\\])(?::[0-9]+)?)(?:/[^?#\\s]*)?$',
      description:
        'a URL: https://HOST:PORT, or http:// on loopback alone, where nobody can listen',
    }),
    ca: Type.Optional(Path('the CA certificates of the monitor, PEM')),
    crl: Type.Optional(Path('the CRL of each of them, PEM')),
    cert: Type.Optional(Path('the certificate that kicker shows, PEM')),
    key: Type.Optional(Path('its private key, PEM')),
    serverName: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$',
        description: 'the name in the certificate of the monitor',
      }),
    ),
    user: Type.Optional(
      Type.String({
        pattern: '^[^:\\u0000-\\u001f\\u007f]{1,255}$',
        description: 'a user',
      }),
    ),
    passwordFile: Type.Optional(Path('holds the password of that user')),
    tokenFile: Type.Optional(Path('holds the token')),
    timeoutSeconds: Type.Optional(
      Type.Number({
        minimum: 0.1,
        maximum: 300,
        description: 'seconds, 0.1 to 300; default: 10',
      }),
    ),
  },
  'a mapping with url, and ca, crl, cert, key, serverName, user, passwordFile, tokenFile or timeoutSeconds',
);
