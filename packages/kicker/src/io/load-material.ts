import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  locatePuppet,
  readMaterialSync,
  type Material,
  type TlsFiles,
} from '@kickd/mtls';
import { Fault } from '@kickd/protocol';
import type { Config } from '../config/config.ts';
import { exitCodes } from '../errors.ts';

interface User {
  isRoot: boolean;
  home: string;
  hostname: string;
}

/**
 * Where kicker's own key, certificate, CAs and CRLs are: as the configuration names them, or else as
 * puppet.conf does.
 * @throws {Fault} PUPPET_CONF_VARIABLE
 */
function locateTls(config: Config, user: User): TlsFiles {
  if (config.tls !== undefined) return config.tls;
  const { tls, ssldir, unknown } = locatePuppet({
    files: { readText },
    env: user,
    ...(config.puppetConf === undefined ? {} : { confFile: config.puppetConf }),
  });
  const needed =
    config.certname === undefined
      ? ['hostcert', 'hostprivkey', 'localcacert', 'hostcrl']
      : ['ssldir', 'localcacert', 'hostcrl'];
  for (const setting of needed) {
    const fault = unknown?.[setting];
    if (fault !== undefined) throw new Fault(fault);
  }
  if (config.certname === undefined) return tls;
  return {
    ...tls,
    cert: join(ssldir, 'certs', `${config.certname}.pem`),
    key: join(ssldir, 'private_keys', `${config.certname}.pem`),
  };
}

/** @throws {Fault} of mtls, with kicker's own exit code for a mistake on this side */
export function loadMaterial(config: Config, user: User): Material {
  try {
    return readMaterialSync(locateTls(config, user));
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    const { code, message, remedy } = cause;
    throw new Fault(
      { code, message, remedy, exitCode: exitCodes.usage },
      { cause },
    );
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
