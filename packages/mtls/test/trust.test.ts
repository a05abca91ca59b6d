import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { createPki, writeSsl, type Leaf, type Pki } from '@kickd/testkit';
import {
  clientTlsOptions,
  guardServer,
  readMaterialSync,
  serverTlsOptions,
  type Material,
} from '../src/index.ts';
import { signOddCrl, type OddCrl } from './odd-crl.ts';

/** Which CRLs of a file count, for either side, over real TLS. */
const web = 'web1.example.com';
const minute = 60 * 1000;
const ago = (minutes: number): Date => new Date(Date.now() - minutes * minute);

const serialOf = ({ cert }: Leaf): string =>
  new X509Certificate(cert).serialNumber;

function materialOf(t: Test, pki: Pki, own: Leaf, crl: string): Material {
  const dir = join(t.testdirName, `${Math.random()}`);
  return readMaterialSync(writeSsl(dir, { ...own, ca: pki.ca, crl }));
}

/** @returns what each side says of the other: `ok`, or the code */
async function meet(
  server: Material,
  client: Material,
): Promise<{ ofClient: string; ofServer: string }> {
  let ofClient = 'nothing';
  const listening = createServer(serverTlsOptions(server), (_req, res) =>
    res.end(),
  );
  guardServer(listening, {
    material: () => server,
    onPeer: (_socket, peer) => {
      ofClient = peer.kind === 'known' ? 'ok' : peer.code;
    },
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  const { maxCachedSessions: _, ...options } = clientTlsOptions(client, {
    certname: web,
  });
  const ofServer = await new Promise<string>((resolve) => {
    const socket: TLSSocket = connect({ ...options, host: '127.0.0.1', port });
    socket.on('error', (error: Error & { code?: string }) =>
      resolve(error.code ?? error.message),
    );
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.once('data', () => {
      socket.destroy();
      resolve('ok');
    });
  });
  listening.closeAllConnections();
  listening.close();
  return { ofClient, ofServer };
}

/** CRLs of one file in their order, as revoking or not; whether who they revoke is revoked. */
type Numbered = Pick<OddCrl, 'number' | 'thisUpdate' | 'nextUpdate'>;
const cases: [string, [isRevoking: boolean, crl: Numbered][], boolean][] = [
  ['one that revokes', [[true, {}]], true],
  ['one that does not', [[false, {}]], false],
  [
    'the newer one revokes',
    [
      [false, { number: 1 }],
      [true, { number: 2 }],
    ],
    true,
  ],
  [
    'the older one revoked, and no more',
    [
      [true, { number: 1 }],
      [false, { number: 2 }],
    ],
    false,
  ],
  [
    'without numbers, the later one revokes',
    [
      [true, { number: null, thisUpdate: ago(1) }],
      [false, { number: null, thisUpdate: ago(2) }],
    ],
    true,
  ],
  [
    'without numbers, the later one does not',
    [
      [true, { number: null, thisUpdate: ago(2) }],
      [false, { number: null, thisUpdate: ago(1) }],
    ],
    false,
  ],
  [
    'the higher number revokes, and is the earlier one',
    [
      [true, { number: 9, thisUpdate: ago(5) }],
      [false, { number: 3, thisUpdate: ago(1) }],
    ],
    true,
  ],
  [
    'the lower number revokes, and is the later one: both count',
    [
      [false, { number: 9, thisUpdate: ago(5) }],
      [true, { number: 3, thisUpdate: ago(1) }],
    ],
    true,
  ],
];
for (const [what, file, isRevoked] of cases)
  for (const order of ['as written', 'reversed'])
    t.test(`${what}, ${order}`, async (t) => {
      t.testdir({});
      const pki = createPki({ tier: 'single' });
      const host = pki.issue({ certname: web });
      const kicker = pki.issue({ certname: 'monitor.example.com' });
      const bundleFor = (gone: Leaf): string => {
        const crls = file.map(([isRevoking, crl]) =>
          signOddCrl(pki, {
            ...crl,
            entries: isRevoking ? [{ serial: serialOf(gone) }] : [],
          }),
        );
        return (order === 'reversed' ? crls.toReversed() : crls).join('');
      };
      const plain = pki.crl;
      const revokesKicker = await meet(
        materialOf(t, pki, host, bundleFor(kicker)),
        materialOf(t, pki, kicker, plain),
      );
      t.equal(revokesKicker.ofClient, isRevoked ? 'PEER_REVOKED' : 'ok');
      const revokesHost = await meet(
        materialOf(t, pki, host, plain),
        materialOf(t, pki, kicker, bundleFor(host)),
      );
      if (isRevoked)
        t.match(revokesHost.ofServer, /^(CERT_REVOKED|SERVER_REVOKED)$/);
      else t.equal(revokesHost.ofServer, 'ok');
    });

t.test(
  'a newer CRL that is over does not leave the older one in force',
  async (t) => {
    t.testdir({});
    const pki = createPki({ tier: 'single' });
    const host = pki.issue({ certname: web });
    const kicker = pki.issue({ certname: 'monitor.example.com' });
    const crl =
      signOddCrl(pki, { number: 1, nextUpdate: undefined }) +
      signOddCrl(pki, {
        number: 2,
        nextUpdate: ago(1),
        entries: [{ serial: serialOf(host) }],
      });
    const { ofServer } = await meet(
      materialOf(t, pki, host, pki.crl),
      materialOf(t, pki, kicker, crl),
    );
    t.match(ofServer, /CERT_REVOKED|CRL_HAS_EXPIRED/);
  },
);
