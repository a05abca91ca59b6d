import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { clientTlsOptions, readMaterialSync, type TlsFiles } from '@kickd/mtls';
import { createPki, writeSsl, type Pki } from '@kickd/testkit';
import { createTool, type Tool } from './tool.ts';

export const host = 'web1.example.com';
const monitor = 'monitor.example.com';

/** One managed host: certificates, rules, configuration and a tool; kickd is started by others. */
export interface Site {
  configFile: string;
  tool: Tool;
  /** how the monitor connects */
  tls: ConnectionOptions;
  stateDir: string;
  pki: Pki;
  /** of the host itself */
  files: TlsFiles;
}

/** Exit codes of the tool, told as they are. */
export const exitCodes = { 0: 'unchanged', 2: 'corrected' } as const;

/** @param dir made if missing */
export function createSite(dir: string): Site {
  mkdirSync(dir, { recursive: true });
  const pki = createPki({ tier: 'two', key: 'ec' });
  const sslOf = (certname: string) =>
    writeSsl(join(dir, certname), {
      ...pki.issue({ certname }),
      ca: pki.ca,
      crl: pki.crl,
    });
  const files = sslOf(host);
  const { cert, key, ca, crl } = files;
  const tool = createTool(dir);
  const stateDir = join(dir, 'state');
  const configFile = join(dir, 'kickd.yaml');
  writeFileSync(join(dir, 'auth.conf'), `path /\nallow ${monitor}\n`);
  writeFileSync(
    configFile,
    `listen: {address: 127.0.0.1, port: 0, perSource: {connections: 10000, perSecond: 100000}}
certname: ${host}
tls: {cert: ${cert}, key: ${key}, ca: ${ca}, crl: ${crl}}
acl: {file: ${dir}/auth.conf}
audit: {file: ${dir}/audit.log}
cm:
  default: tool
  profiles:
    tool: {type: command, argv: [${tool.file}], exitCodes: ${JSON.stringify(exitCodes)}, probes: {HTTP: {argv: [/bin/true]}, SSH: {argv: [/bin/false]}}}
run: {minIntervalSeconds: 0, kicksPerMinute: 1000000, freezeFile: ${dir}/freeze, graceSeconds: 1}
state: ${stateDir}
`,
  );
  const material = readMaterialSync(sslOf(monitor));
  return {
    configFile,
    tool,
    stateDir,
    pki,
    files,
    tls: clientTlsOptions(material, { certname: host }),
  };
}
