import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { signCertificate, type Name, type Usage } from './certificate.ts';
import { signCrl } from './crl.ts';

export type KeyKind = 'rsa' | 'ec';
/** what a leaf may have beside them */
type LeafKeyKind = KeyKind | 'rsa1024' | 'rsa4096' | 'p384' | 'ed25519';

export interface PkiOptions {
  /** 'two' as `puppetserver ca setup` makes it, 'single' as a server that starts without a CA */
  tier?: 'two' | 'single';
  /** of the CAs, and of the leaves unless they say otherwise; EC is quick, Puppet's default is RSA */
  key?: KeyKind;
  rsaBits?: 2048 | 4096;
  /** the name in `CN=Puppet CA: NAME`; two PKIs of one name have the same subjects */
  name?: string;
  now?: Date;
  /** CAs that may stand below the root; Puppet writes no limit */
  rootPathLength?: number;
  /** what is wrong with the intermediate's basicConstraints: it says no CA, or it has none */
  intermediateIs?: 'no-ca' | 'unmarked';
  /** nextUpdate of the first CRLs; five years by default */
  crlNextUpdate?: Date;
}

export interface IssueOptions {
  certname: string;
  /** in place of `CN=certname`; any number of CNs, any characters */
  subject?: Name;
  /** default: the certname alone, as the CA adds by itself; null: no such extension */
  san?: readonly string[] | null;
  notBefore?: Date;
  notAfter?: Date;
  /** default: serverAuth and clientAuth, as on every certificate of Puppet; null: no such extension */
  eku?: readonly Usage[] | null;
  key?: LeafKeyKind;
  hash?: 'sha1';
  by?: 'intermediate' | 'root';
}

export interface Leaf {
  /** PEM */
  cert: string;
  /** PEM, unencrypted: PKCS#1 for RSA and SEC 1 for EC, as Puppet writes them */
  key: string;
}

/** One CA as it is kept between two calls; its key is PEM. */
export interface StoredCa {
  subject: Name;
  cert: string;
  key: string;
  crlNumber: number;
  /** ISO 8601 */
  crlNextUpdate: string;
  revoked: { serial: string; at: string }[];
}

export interface StoredPki {
  /** the issuing CA first, the root last; one entry for a single CA */
  cas: StoredCa[];
  nextSerial: number;
}

export interface Pki {
  readonly tier: 'two' | 'single';
  /** PEM bundle, the intermediate first: what `certs/ca.pem` holds */
  readonly ca: string;
  /** PEM bundle of the newest CRLs in the same order: what `crl.pem` holds */
  readonly crl: string;
  /** the same CRLs one by one */
  readonly crls: readonly string[];
  issue(options: IssueOptions): Leaf;
  /** New CRL of the issuer of this PEM certificate, number + 1. */
  revoke(cert: string): void;
  /** New CRL of the root, number + 1. @throws for a single CA */
  revokeIntermediate(): void;
  /** New CRLs with other dates or another number, for every CA or one of them. */
  renewCrl(options?: {
    of?: 'intermediate' | 'root';
    thisUpdate?: Date;
    nextUpdate?: Date;
    number?: number;
  }): void;
  stored(): StoredPki;
}

const dayMs = 24 * 60 * 60 * 1000;
const yearMs = 365 * dayMs;

/** A throw-away PKI like the one of Puppet Server: same subjects, extensions, files. Never for production. */
export function createPki(options: PkiOptions = {}): Pki {
  const now = options.now ?? new Date();
  const kind = options.key ?? 'ec';
  const name = options.name ?? 'puppet.example.com';
  const keys = () => createKeys(kind, options.rsaBits ?? 2048);
  const crlNextUpdate = options.crlNextUpdate ?? new Date(+now + 5 * yearMs);
  const caDates = {
    notBefore: new Date(+now - dayMs),
    notAfter: new Date(+now + 15 * yearMs),
  };
  const shared = { ...caDates, isCa: true, san: null, eku: null };
  const createCa = (
    serial: bigint,
    subject: Name,
    issuer: { subject: Name; key: string } | undefined,
    odd: { pathLength?: number; isCa?: boolean; isUnmarked?: boolean } = {},
  ): StoredCa => {
    const own = keys();
    const issuerKey = issuer ? createPrivateKey(issuer.key) : own.privateKey;
    const cert = signCertificate({
      ...shared,
      ...odd,
      serial,
      subject,
      issuer: issuer?.subject ?? subject,
      publicKey: own.publicKey,
      issuerKey,
      issuerPublicKey: createPublicKey(issuerKey),
    });
    return {
      subject,
      cert,
      key: keyPem(own.privateKey),
      crlNumber: 0,
      crlNextUpdate: crlNextUpdate.toISOString(),
      revoked: [],
    };
  };
  const caName: Name = [['CN', `Puppet CA: ${name}`]];
  if (options.tier === 'single')
    return openPki(
      { cas: [createCa(1n, caName, undefined)], nextSerial: 2 },
      options,
    );
  const rootId = createHash('sha256').update(name).digest('hex').slice(0, 14);
  const { rootPathLength: pathLength, intermediateIs } = options;
  const root = createCa(
    1n,
    [['CN', `Puppet Root CA: ${rootId}`]],
    undefined,
    pathLength === undefined ? {} : { pathLength },
  );
  const intermediate = createCa(2n, caName, root, {
    isCa: intermediateIs !== 'no-ca',
    isUnmarked: intermediateIs === 'unmarked',
  });
  return openPki({ cas: [intermediate, root], nextSerial: 3 }, options);
}

/** A PKI that was kept with `stored()`; issues and revokes where it left off. */
export function openPki(
  stored: StoredPki,
  options: Pick<PkiOptions, 'key' | 'rsaBits' | 'now'> = {},
): Pki {
  const now = options.now ?? new Date();
  const cas = stored.cas.map((ca) => createIssuer(structuredClone(ca), now));
  let nextSerial = stored.nextSerial;
  const issuing = cas[0];
  const root = cas.at(-1);
  if (issuing === undefined || root === undefined)
    throw new Error('a stored PKI without a CA');
  const tier = cas.length > 1 ? 'two' : 'single';
  return {
    tier,
    get ca() {
      return cas.map(({ state }) => state.cert).join('');
    },
    get crl() {
      return cas.map(({ crl }) => crl()).join('');
    },
    get crls() {
      return cas.map(({ crl }) => crl());
    },
    issue(leaf) {
      const { publicKey, privateKey } = createKeys(
        leaf.key ?? options.key ?? 'ec',
        options.rsaBits ?? 2048,
      );
      const issuer = leaf.by === 'root' ? root : issuing;
      const cert = signCertificate({
        serial: BigInt(nextSerial++),
        subject: leaf.subject ?? [['CN', leaf.certname]],
        issuer: issuer.state.subject,
        notBefore: leaf.notBefore ?? new Date(+now - dayMs),
        notAfter: leaf.notAfter ?? new Date(+now + 5 * yearMs),
        publicKey,
        issuerKey: issuer.key,
        issuerPublicKey: issuer.publicKey,
        isCa: false,
        ...(leaf.hash !== undefined && { hash: leaf.hash }),
        san: leaf.san === undefined ? [leaf.certname] : leaf.san,
        eku: leaf.eku === undefined ? ['serverAuth', 'clientAuth'] : leaf.eku,
      });
      return { cert, key: keyPem(privateKey) };
    },
    revoke(pem) {
      const cert = new X509Certificate(pem);
      const issuer = cas.find(({ publicKey }) => cert.verify(publicKey));
      if (issuer === undefined) throw new Error('issued by another CA');
      issuer.revoke(BigInt(`0x${cert.serialNumber}`));
    },
    revokeIntermediate() {
      if (tier === 'single') throw new Error('a single CA has no intermediate');
      const cert = new X509Certificate(issuing.state.cert);
      root.revoke(BigInt(`0x${cert.serialNumber}`));
    },
    renewCrl({ of, ...dates } = {}) {
      if (of !== 'root') issuing.renew(dates);
      if (of !== 'intermediate' && root !== issuing) root.renew(dates);
    },
    stored: () => ({
      cas: cas.map(({ state }) => structuredClone(state)),
      nextSerial,
    }),
  };
}

function createIssuer(state: StoredCa, now: Date) {
  const key = createPrivateKey(state.key);
  const publicKey = createPublicKey(key);
  let thisUpdate = new Date(+now - 60 * 1000);
  const sign = () =>
    signCrl({
      issuer: state.subject,
      issuerKey: key,
      issuerPublicKey: publicKey,
      number: state.crlNumber,
      thisUpdate,
      nextUpdate: new Date(state.crlNextUpdate),
      revoked: state.revoked.map(({ serial, at }) => ({
        serial: BigInt(serial),
        at: new Date(at),
      })),
    });
  let crl = sign();
  return {
    state,
    key,
    publicKey,
    crl: () => crl,
    revoke(serial: bigint): void {
      state.revoked.push({ serial: `${serial}`, at: now.toISOString() });
      state.crlNumber += 1;
      crl = sign();
    },
    renew(dates: {
      thisUpdate?: Date;
      nextUpdate?: Date;
      number?: number;
    }): void {
      thisUpdate = dates.thisUpdate ?? thisUpdate;
      if (dates.nextUpdate)
        state.crlNextUpdate = dates.nextUpdate.toISOString();
      state.crlNumber = dates.number ?? state.crlNumber + 1;
      crl = sign();
    },
  };
}

function createKeys(
  kind: LeafKeyKind,
  rsaBits: number,
): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (kind) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: rsaBits });
    case 'rsa1024':
      return generateKeyPairSync('rsa', { modulusLength: 1024 });
    case 'rsa4096':
      return generateKeyPairSync('rsa', { modulusLength: 4096 });
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
  }
}

function keyPem(key: KeyObject): string {
  const types: Record<string, 'pkcs1' | 'sec1' | undefined> = {
    rsa: 'pkcs1',
    ec: 'sec1',
  };
  const type = types[key.asymmetricKeyType ?? ''] ?? 'pkcs8';
  return String(key.export({ type, format: 'pem' }));
}
