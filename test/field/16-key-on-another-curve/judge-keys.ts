import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer as createTlsServer } from 'node:tls';
import type { Test } from 'tap';
import {
  clientTlsOptions,
  readMaterialSync,
  serverTlsOptions,
} from '@kickd/mtls';
import { web } from '../../../packages/agent/test/fixture.ts';
import { writeKickdConfig, type TlsLab } from '../tls-lab.ts';
import { certify, checkAll, type Checked } from './check-all.ts';

const names: Record<string, string> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** A key on each curve that this openssl makes, its parameters by name or spelt out. */
export function makeCurveKeys(
  t: Test,
  { openssl }: TlsLab,
  form: 'named_curve' | 'explicit',
): Map<string, string> {
  const keys = new Map<string, string>();
  const curves = Array.from(
    openssl('ecparam', '-list_curves').matchAll(/^ {2}(\S+?)\s*:/gm),
    ([, curve = '']) => curve,
  );
  t.ok(curves.length > 50, `${String(curves.length)} curves`);
  for (const curve of curves) {
    try {
      keys.set(
        `ec-${curve}-${form}`,
        openssl(
          ...['ecparam', '-name', curve, '-param_enc', form],
          ...['-genkey', '-noout'],
        ),
      );
    } catch {
      // listed, and not made by this openssl: the curves of WAP and Oakley
    }
  }
  return keys;
}

/** What `kickd check` says of a certificate over each key, and whether what is said to be well shakes hands. */
export async function judgeKeys(
  t: Test,
  lab: TlsLab,
  keys: ReadonlyMap<string, string>,
): Promise<Map<string, Checked>> {
  const crl = lab.crl();
  const sites = join(lab.dir, 'sites');
  const made = [...keys].flatMap(([name, key]) => {
    try {
      const cert = certify(lab, key);
      const own = { cert, key, ca: lab.ca.cert, crl };
      writeKickdConfig(join(sites, name), own);
      return [name];
    } catch {
      return [];
    }
  });
  t.ok(made.length > 60, `${String(made.length)} certificates`);
  const checked = await checkAll(sites);
  t.equal(checked.size, made.length);
  for (const name of made) {
    const [found] = checked.get(name)?.certificates ?? [];
    const curve = /^ec-(.*)-named_curve$/.exec(name)?.[1];
    const isGood =
      ['rsa-2048', 'rsa-3072', 'rsa-8192', 'ed25519'].includes(name) ||
      (curve !== undefined && names[curve] !== undefined);
    if (isGood) t.equal(found?.level, 'ok', `${name}: ${found?.message ?? ''}`);
    else if (/^rsa-(512|1024)$/.test(name))
      t.equal(found?.code, 'TLS_NOT_TAKEN', name);
    else if (found?.code !== 'TLS_FILE_DAMAGED')
      // some are no keys to the OpenSSL in Node
      t.equal(found?.code, 'KEY_KIND', `${name}: ${found?.message ?? ''}`);
    if (found?.level === 'ok')
      t.equal(await shakeHands(join(sites, name, 'ssl')), web, name);
  }
  return checked;
}

/** What is said to be well is well: a handshake of both sides. @returns the name that the client accepted */
async function shakeHands(dir: string): Promise<string> {
  const [cert, key, ca, crl] = ['cert', 'key', 'ca', 'crl'].map((name) =>
    join(dir, `${name}.pem`),
  ) as [string, string, string, string];
  const material = readMaterialSync({ cert, key, ca, crl });
  const server = createTlsServer(serverTlsOptions(material), (socket) => {
    socket.end(String(socket.authorized));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { maxCachedSessions: _, ...options } = clientTlsOptions(material, {
    certname: web,
  });
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...options, host: '127.0.0.1', port });
  try {
    const [said] = (await once(client, 'data')) as [Buffer];
    return said.toString() === 'true' ? web : said.toString();
  } catch (error) {
    return String(error);
  } finally {
    client.destroy();
    server.close();
  }
}
