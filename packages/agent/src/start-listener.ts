import { bodyMaxBytes } from '@kickd/protocol';
import {
  expiryLevel,
  inspectMaterial,
  readMaterialSync,
  watchMaterial,
  type Inspection,
  type Material,
} from '@kickd/mtls';
import { auditEntryOf } from './audit/entry.ts';
import type { Settings } from './config/settings.ts';
import { differentName } from './different-name.ts';
import { AuditFile } from './io/audit-file.ts';
import { AclFile } from './io/acl-file.ts';
import { createAclGate } from './io/acl-gate.ts';
import { leaveWhenIdle, type OnIdle } from './io/leave-when-idle.ts';
import { createListener, type ListenAt } from './io/listener.ts';
import { Metrics } from './metrics.ts';
import type { Clock, Narrator, Runner } from './ports.ts';
import { StartRefused } from './start-refused.ts';
import { version } from './version.ts';

export interface ListenerParts {
  narrator: Narrator;
  clock: Clock;
  /** Called when certificates and rules are in order, so that nothing begins before. */
  openRunner: () => Runner;
  at: ListenAt;
  /** Called once nobody was connected for this long, where systemd starts the next one. */
  onIdle?: OnIdle;
}

export interface StartedListener {
  port: number;
  close(): Promise<void>;
}

/**
 * Everything that reads the network: certificates and rules, kept in step with their files, and the
 * listener. A start that is refused has written nothing to the audit file.
 * @throws StartRefused, Fault
 */
export async function startListener(
  settings: Settings,
  parts: ListenerParts,
): Promise<StartedListener> {
  const { clock, narrator } = parts;
  const audit = new AuditFile({
    file: settings.audit.file,
    clock,
    opened: { version, certname: settings.certname },
    onFault: (fault) => narrator.tell({ event: 'warning', fault }),
  });
  try {
    return await listenWith(audit, settings, parts);
  } catch (error) {
    audit.close();
    throw error;
  }
}

async function listenWith(
  audit: AuditFile,
  settings: Settings,
  { narrator: told, clock, openRunner, at, onIdle }: ListenerParts,
): Promise<StartedListener> {
  const metrics = new Metrics();
  const narrator: Narrator = {
    tell: (event) => {
      const entry = auditEntryOf(event);
      if (entry !== undefined) audit.append(entry);
      metrics.count(event);
      told.tell(event);
    },
  };
  const first = readTrust(settings, clock);
  for (const fault of first.inspection.warnings) {
    narrator.tell({ event: 'warning', fault });
  }
  const acl = new AclFile(
    settings.acl.file,
    { anyCertname: settings.acl.anyCertname, host: settings.certname },
    narrator,
  );
  const aclFaults = acl.load();
  if (aclFaults.some(({ code }) => code !== 'ACL_MISSING')) {
    throw new StartRefused(aclFaults);
  }
  for (const fault of aclFaults) narrator.tell({ event: 'warning', fault });

  let { inspection } = first;
  const startedMs = clock.monotonicMs();
  const rules = (): number => acl.acl?.stanzas.length ?? 0;
  const runner = openRunner();
  const listener = createListener({
    certname: settings.certname,
    drills: new Set(
      [...settings.cm.profiles].flatMap(([name, { type }]) =>
        type === 'drill' ? [name] : [],
      ),
    ),
    material: first.material,
    minVersion: settings.tls.minVersion,
    audit,
    perSource: settings.listen.perSource,
    runner,
    gate: createAclGate(() => acl.acl, settings.puppet.environment),
    narrator,
    clock,
    renderMetrics: (state) =>
      metrics.render({
        ...state,
        version,
        now: clock.now(),
        expiries: inspection.expiries,
        logLinesLost: told.lostLines ?? 0,
        auditFault: audit.probe(),
        isAclCurrent: acl.isCurrent,
      }),
    statusFacts: () => ({
      version,
      uptimeSeconds: Math.floor((clock.monotonicMs() - startedMs) / 1000),
      expiries: inspection.expiries.map(({ what, at: expires }) => ({
        what,
        at: expires,
        level: expiryLevel(expires, clock.now()),
      })),
      acl: { current: acl.isCurrent, rules: rules() },
      limits: {
        bodyMaxBytes,
        runTimeoutSeconds: settings.run.timeoutMs / 1000,
        minIntervalSeconds: settings.run.minIntervalMs / 1000,
      },
    }),
  });
  const life = new AbortController();
  const { address, port } = await listener.listen(at);
  try {
    audit.begin();
  } catch (error) {
    await listener.close();
    throw error;
  }
  watchMaterial({
    files: settings.tls,
    current: first.material,
    role: 'server',
    signal: life.signal,
    onChange: (material, next, taken) => {
      const before = inspection.warnings.map(({ message }) => message);
      inspection = next;
      listener.rotate(material);
      const detail =
        taken === 'everything'
          ? `certificate ${next.serial}, valid until ${next.notAfter}`
          : `${taken}: ${describeCrls(next)}`;
      narrator.tell({ event: 'reloaded', what: 'certificates', detail });
      for (const fault of next.warnings) {
        if (!before.includes(fault.message))
          narrator.tell({ event: 'warning', fault });
      }
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
    address,
    port,
    certname: settings.certname,
    cm: settings.cm.default,
    aclFile: settings.acl.file,
    rules: rules(),
  });
  const stopLooking = leaveWhenIdle(
    onIdle,
    'listener-leaves',
    () => listener.activity,
    { clock, narrator },
  );
  return {
    port,
    close: async () => {
      stopLooking();
      life.abort();
      await listener.close();
      audit.close();
    },
  };
}

function describeCrls({ crlNumbers }: Inspection): string {
  return [...crlNumbers.values()]
    .map(({ ca, number, thisUpdate }) =>
      number === undefined
        ? `${ca} of ${thisUpdate.toISOString()}`
        : `${ca} number ${String(number)}`,
    )
    .join(', ');
}

function readTrust(
  settings: Settings,
  clock: Clock,
): { material: Material; inspection: Inspection } {
  const material = readMaterialSync(settings.tls);
  const inspection = inspectMaterial(material, clock.now(), 'server');
  const found = [...inspection.faults];
  found.push(...differentName(inspection, settings));
  if (found.length > 0) throw new StartRefused(found);
  return { material, inspection };
}
