import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { createUuid7, Fault } from '@kickd/protocol';
import { createProfiles } from './cm/profiles.ts';
import { probesAsSelf } from './config/probes.ts';
import type { Settings } from './config/settings.ts';
import { faults } from './errors.ts';
import { findAnsibleCallbacks } from './io/ansible-callbacks.ts';
import { createLauncher, launcherKind } from './io/choose-launcher.ts';
import { LocalRunner } from './io/local-runner.ts';
import { makeFolder } from './io/make-folder.ts';
import { findPuppet } from './io/puppet-host.ts';
import { standbyDirIn } from './io/runner-places.ts';
import { openSqliteJournal } from './io/sqlite-journal.ts';
import { createStandbyKeeper } from './io/standby-keeper.ts';
import { findStandbyProgram } from './io/standby-program.ts';
import type { Clock, Narrator } from './ports.ts';
import { noRunCounts, withTold, type RunCounts } from './run/counts.ts';

/**
 * Opens the journal, settles what an earlier kickd left open, and begins what waits.
 * @throws Fault JOURNAL_UNUSABLE
 */
export function startRunner(
  settings: Settings,
  {
    narrator,
    clock,
    before = noRunCounts(),
    onCounts,
    standbyDir = standbyDirIn(settings.state),
  }: {
    narrator: Narrator;
    clock: Clock;
    /** what the runner before this one has counted */
    before?: RunCounts;
    onCounts?: (counts: RunCounts) => void;
    /** of root's alone: where those that are loaded ahead are found again */
    standbyDir?: string;
  },
): LocalRunner {
  const logDir = `${settings.state}/runs`;
  const journalFile = `${settings.state}/journal.sqlite`;
  try {
    makeFolder(logDir, 0o700);
  } catch (cause) {
    throw new Fault(faults.journalUnusable(journalFile, cause), { cause });
  }
  const journal = openSqliteJournal(journalFile);
  const launcher = launcherKind();
  const isRoot = process.geteuid?.() === 0;
  for (const fault of probesAsSelf(settings.cm.profiles, isRoot)) {
    narrator.tell({ event: 'warning', fault });
  }
  let counts = before;
  const counting: Narrator = {
    tell: (event) => {
      const next = withTold(counts, event, clock.now().getTime() / 1000);
      if (next !== counts) onCounts?.(next);
      counts = next;
      narrator.tell(event);
    },
  };
  const puppetBinary = findPuppet();
  const runs = createLauncher(launcher, settings.run.graceMs);
  const runner = new LocalRunner(
    {
      certname: settings.certname,
      profiles: createProfiles(settings, {
        puppetBinary,
        standbyProgram: findStandbyProgram,
        home: userInfo().homedir,
        ansibleCallbacks: findAnsibleCallbacks(),
      }),
      defaultProfile: settings.cm.default,
      ...settings.run,
      logDir,
    },
    {
      journal,
      launcher: runs,
      standbys: createStandbyKeeper(
        { dir: standbyDir, logDir, outlive: launcher === 'unit' },
        runs,
      ),
      clock,
      narrator: counting,
      facts: () => ({ launcher, counts }),
      newId: () => createUuid7(Date.now(), randomBytes(10)),
    },
  );
  runner.recover();
  return runner;
}
