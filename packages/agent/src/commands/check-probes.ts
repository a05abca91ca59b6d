import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUuid7, printable } from '@kickd/protocol';
import { probesOf } from '../config/probes.ts';
import type { Settings } from '../config/settings.ts';
import { faults } from '../errors.ts';
import { askProbe } from '../io/ask-probe.ts';
import { createLauncher, launcherKind } from '../io/choose-launcher.ts';
import { findProbeUser } from '../io/probe-user.ts';
import { isExecutable } from '../io/puppet-host.ts';
import type { Launcher, Probe } from '../ports.ts';
import { fine, finding, type Finding } from './finding.ts';

interface Asked {
  profile: string;
  service: string;
  probe: Probe;
}

/**
 * Whether each probe is there, has its user, and answers: one finding a probe. What it finds of the service is no
 * fault; one that cannot be asked is only a warning, since then each kick runs.
 */
export async function checkProbes(settings: Settings): Promise<Finding[]> {
  const all = [...settings.cm.profiles].flatMap(([profile, of]) =>
    [...probesOf(of)].map(([service, probe]) => ({ profile, service, probe })),
  );
  if (all.length === 0) return [];
  const launcher = createLauncher(launcherKind(), settings.run.graceMs);
  // nobody else may put a file there
  const dir = mkdtempSync(join(tmpdir(), 'kickd-check-'));
  try {
    return await Promise.all(
      all.map((asked) => checkProbe(asked, launcher, dir)),
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function checkProbe(
  { profile, service, probe }: Asked,
  launcher: Launcher,
  dir: string,
): Promise<Finding> {
  const { file, user, timeoutMs } = probe;
  if (!isExecutable(file)) {
    return warn(faults.probeMissing(profile, service, file));
  }
  const { kind } = await findProbeUser(user);
  if (kind === 'unknown') return warn(faults.probeUser(profile, service, user));
  const id = createUuid7(Date.now(), randomBytes(10));
  const answer = await askProbe(probe, launcher, {
    job: `probe-${id}`,
    outputFile: join(dir, id),
    signal: new AbortController().signal,
  });
  const { exitCode, text } = answer;
  const code = exitCode === undefined ? '' : `exit ${String(exitCode)}`;
  const said = text === '' ? '' : `: ${text}`;
  // 1 and 2 are WARNING and CRITICAL; 3 and whatever else says that it could not look
  const hasLooked = exitCode !== undefined && exitCode <= 2;
  if (!hasLooked) {
    const why = code === '' ? text : `${code}${said}`;
    const typed = typedBy(probe, kind === 'user');
    return warn(faults.probeUnusable(profile, service, why, typed));
  }
  const as =
    kind === 'self' ? 'as whoever runs kickd, which is not root' : `as ${user}`;
  const now = answer.kind === 'green' ? 'green' : `not green (${code})`;
  return fine(
    'probe',
    `${profile}, ${printable(service)}: ${printable(file)} ${as}, at most ${String(timeoutMs / 1000)} s; now it is ${now}${said}`,
  );
}

function warn(fault: Parameters<typeof finding>[2]): Finding {
  return finding('probe', 'warning', fault);
}

/** The same call for a shell. */
function typedBy({ file, argv, user }: Probe, isOther: boolean): string {
  const words = [file, ...argv].map(quoted).join(' ');
  return `${isOther ? `runuser -u ${user} -- ` : ''}env -i ${words}; echo $?`;
}

function quoted(word: string): string {
  const shown = printable(word);
  return /^[\w./:@%+=,-]+$/.test(shown)
    ? shown
    : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}
