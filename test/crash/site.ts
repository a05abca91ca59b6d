import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { clientTlsOptions, readMaterialSync, type TlsFiles } from '@kickd/mtls';
import {
  createFakeStandby,
  createPki,
  healReportOf,
  writeSsl,
  type FakeStandby,
  type Pki,
} from '@kickd/testkit';
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
  /** where the tool is Puppet, and a standby of it waits */
  standby?: FakeStandby;
}

/** Exit codes of the tool, told as they are. */
export const exitCodes = { 0: 'unchanged', 2: 'corrected' } as const;

/**
 * @param dir made if missing
 * @param tooling `standby`: the tool is a Puppet that may be loaded ahead
 */
export function createSite(
  dir: string,
  tooling: 'command' | 'standby' = 'command',
): Site {
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
  const stateDir = join(dir, 'state');
  const tool = createTool(
    dir,
    tooling === 'standby' ? join(stateDir, 'runs') : undefined,
  );
  const standby =
    tooling === 'standby' ? createPuppetLike(dir, tool) : undefined;
  const profile =
    standby === undefined
      ? `{type: command, argv: [${tool.file}], exitCodes: ${JSON.stringify(exitCodes)}, ${probes}}`
      : `{type: puppet-apply, binary: ${dir}/puppet, manifest: ${dir}/site.pp, standby: true, services: {SSH: ['Service[ssh]']}, ${probes}}`;
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
    tool: ${profile}
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
    ...(standby !== undefined && { standby }),
    tls: clientTlsOptions(material, { certname: host }),
  };
}

/** One service is well, one is not. */
const probes = 'probes: {HTTP: {argv: [/bin/true]}, SSH: {argv: [/bin/false]}}';

/**
 * A `puppet` whose Ruby is a program of ours: asked to run, it is the tool; asked to be loaded ahead, it is the fake standby,
 * which heals and then becomes the tool.
 */
function createPuppetLike(dir: string, tool: Tool): FakeStandby {
  const standby = createFakeStandby(dir);
  const ruby = join(dir, 'ruby');
  writeFileSync(
    ruby,
    `#!/bin/sh
for word do [ "$word" != --noop ] || export KICKD_NOOP=1; done
case $1 in *kickd_standby.rb) exec '${standby.file}' "$@" ;; esac
exec '${tool.file}'
`,
    { mode: 0o755 },
  );
  writeFileSync(join(dir, 'puppet'), `#!${ruby} -w\n`, { mode: 0o755 });
  standby.behave({
    heal: healReportOf('Service[ssh]'),
    run: [tool.file],
  });
  return standby;
}
