import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { performance } from 'node:perf_hooks';
import { bodyMaxBytes, createUuid7, type FaultFacts } from '@kickd/protocol';
import {
  inspectMaterial,
  readMaterialSync,
  watchMaterial,
  type Inspection,
  type Material,
} from '@kickd/mtls';
import { Metrics } from './metrics.ts';
import { createProfiles } from './cm/profiles.ts';
import type { Settings } from './config/settings.ts';
import { faults } from './errors.ts';
import { AclFile } from './io/acl-file.ts';
import { createAclGate } from './io/acl-gate.ts';
import { createLauncher, launcherKind } from './io/choose-launcher.ts';
import { createListener } from './io/listener.ts';
import { LocalRunner } from './io/local-runner.ts';
import { findPuppet } from './io/puppet-host.ts';
import { openSqliteJournal } from './io/sqlite-journal.ts';
import type { Clock, Narrator } from './ports.ts';
import { version } from './version.ts';

export interface Agent {
  port: number;
  /** id of a run in progress, which outlives this process */
  readonly runningId: string | undefined;
  close(): Promise<void>;
}

/** Thrown with every mistake that keeps kickd from starting. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
  readonly faults: readonly FaultFacts[];

  constructor(found: readonly FaultFacts[]) {
    super(found.map(({ code }) => code).join(', '));
    this.faults = found;
  }
}

/**
 * Starts a whole agent in this process: listener and runner.
 * @throws StartRefused, Fault
 */
export async function startAgent(
  settings: Settings,
  told: Narrator,
): Promise<Agent> {
  const clock = systemClock;
  const metrics = new Metrics();
  const narrator: Narrator = {
    tell: (event) => {
      metrics.count(event, clock.now().getTime() / 1000);
      told.tell(event);
    },
  };
  const first = readTrust(settings, clock);
  for (const fault of first.inspection.warnings) {
    narrator.tell({ event: 'warning', fault });
  }
  const acl = new AclFile(
    settings.acl.file,
    settings.acl.anyCertname,
    narrator,
  );
  const aclFaults = acl.load();
  if (aclFaults.some(({ code }) => code !== 'ACL_MISSING')) {
    throw new StartRefused(aclFaults);
  }
  for (const fault of aclFaults) narrator.tell({ event: 'warning', fault });

  const logDir = `${settings.state}/runs`;
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  const journal = openSqliteJournal(`${settings.state}/journal.sqlite`);
  const profiles = createProfiles(settings, {
    puppetBinary: findPuppet(),
    home: userInfo().homedir,
  });
  const launcher = launcherKind();
  const runner = new LocalRunner(
    {
      certname: settings.certname,
      profiles,
      defaultProfile: settings.cm.default,
      ...settings.run,
      logDir,
    },
    {
      journal,
      launcher: createLauncher(launcher, settings.run.graceMs),
      clock,
      narrator,
      newId: () => createUuid7(Date.now(), randomBytes(10)),
    },
  );
  runner.recover();

  let { inspection } = first;
  const startedMs = clock.monotonicMs();
  const listener = createListener({
    certname: settings.certname,
    material: first.material,
    minVersion: settings.tls.minVersion,
    perSource: settings.listen.perSource,
    runner,
    gate: createAclGate(() => acl.acl, settings.puppet.environment),
    narrator,
    clock,
    renderMetrics: (state) =>
      metrics.render({
        ...state,
        version,
        expiries: inspection.expiries,
        isAclCurrent: acl.isCurrent,
      }),
    statusFacts: () => ({
      version,
      launcher,
      uptimeSeconds: Math.floor((clock.monotonicMs() - startedMs) / 1000),
      expiries: inspection.expiries,
      acl: {
        current: acl.isCurrent,
        rules: acl.acl?.stanzas.length ?? 0,
      },
      limits: {
        bodyMaxBytes,
        runTimeoutSeconds: settings.run.timeoutMs / 1000,
        minIntervalSeconds: settings.run.minIntervalMs / 1000,
      },
    }),
  });
  const life = new AbortController();
  try {
    const { port } = await listener.listen(
      settings.listen.address,
      settings.listen.port,
    );
    watchMaterial({
      files: settings.tls,
      current: first.material,
      role: 'server',
      signal: life.signal,
      onChange: (material, next) => {
        inspection = next;
        listener.rotate(material);
        const detail = `certificate ${next.serial}, valid until ${next.notAfter}`;
        narrator.tell({ event: 'reloaded', what: 'certificates', detail });
      },
      onRefused: (found) => {
        narrator.tell({
          event: 'reload-refused',
          what: 'certificates',
          faults: found,
        });
      },
    });
    void acl.watch(life.signal);
    narrator.tell({
      event: 'listening',
      address: settings.listen.address,
      port,
      certname: settings.certname,
      cm: settings.cm.default,
      aclFile: settings.acl.file,
      rules: acl.acl?.stanzas.length ?? 0,
    });
    return {
      port,
      get runningId() {
        return runner.runningId;
      },
      close: async () => {
        life.abort();
        await listener.close();
        await runner.close();
      },
    };
  } catch (error) {
    life.abort();
    await runner.close();
    throw error;
  }
}

const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};

function readTrust(
  settings: Settings,
  clock: Clock,
): { material: Material; inspection: Inspection } {
  const material = readMaterialSync(settings.tls);
  const inspection = inspectMaterial(material, clock.now(), 'server');
  const found = [...inspection.faults];
  if (inspection.certname !== settings.certname) {
    found.push(faults.certificateName(inspection.certname, settings.certname));
  }
  if (found.length > 0) throw new StartRefused(found);
  return { material, inspection };
}
