import {
  installPackages,
  missingPackages,
  whyNoLab,
} from '../../test/real/lab/packages.ts';
import { closeLoop, startLoop } from '../../test/real/lab/loop.ts';
import { createTimeline, type Timeline } from './timeline.ts';

const giveUpMs = 120 * 1000;
const lookEveryMs = 50;

/**
 * The loop of the talk on the real parts, on loopback: Nagios, Puppet with its server and CA, Apache.
 * Installs what is missing, and stops and puts back everything that it touched.
 * @returns whether Nagios saw Apache again
 */
export async function runRealDemo(): Promise<boolean> {
  const timeline = createTimeline();
  const obstacle = whyNoLab();
  if (obstacle !== undefined) {
    process.stderr.write(`${obstacle}\n`);
    return false;
  }
  const missing = await missingPackages();
  if (missing.length > 0) {
    timeline.say('dim', 'install', missing.join(' '));
    await installPackages();
  }
  timeline.say(
    'dim',
    'start',
    'puppetserver, certificates, Apache, kickd, Nagios: about a minute',
  );
  const loop = await startLoop('setup');
  let healedAfter: number | undefined;
  try {
    timeline.say('dim', 'ready', 'Nagios checks http on web1.example.com');
    healedAfter = await crashAndTell(loop, timeline);
  } finally {
    timeline.say('dim', 'stop', 'everything that was started');
    await closeLoop(loop);
  }
  const isHealed = healedAfter !== undefined;
  const seconds = (healedAfter ?? timeline.seconds()).toFixed(1);
  process.stdout.write(
    `${isHealed ? 'healed' : 'not healed'} in ${seconds} s\n`,
  );
  return isHealed;
}

/** @returns seconds from the crash until Nagios saw Apache again */

async function crashAndTell(
  loop: Awaited<ReturnType<typeof startLoop>>,
  timeline: Timeline,
): Promise<number | undefined> {
  const { kickd, nagios, lab } = loop;
  let lines = kickd.log().length;
  let alerts = nagios.alerts().length;
  await lab.apache.crash();
  timeline.start();
  timeline.say('red', 'crash', 'kill -9 of every apache2');
  const deadline = performance.now() + giveUpMs;
  while (performance.now() < deadline) {
    for (const alert of nagios.alerts().slice(alerts)) {
      alerts += 1;
      const { state, stateType, attempt } = alert;
      const isBack = state === 'OK';
      const text = `${state} ${stateType} ${String(attempt)}`;
      timeline.say(
        isBack ? 'green' : 'red',
        isBack ? 'recovered' : 'seen',
        `Nagios: ${text}`,
      );
      if (isBack) return timeline.seconds();
    }
    for (const line of kickd.log().slice(lines)) {
      lines += 1;
      tellKickd(line, timeline);
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return undefined;
}

function tellKickd(line: Record<string, unknown>, timeline: Timeline): void {
  const run = String(line['run']);
  switch (line['event']) {
    case 'run-accepted':
      timeline.say(
        'cyan',
        'kicked',
        `${String(line['how'])}: kick ${String(line['kick'])} of ${String(line['by'])}`,
      );
      return;
    case 'run-started':
      timeline.say('cyan', 'run', `puppet agent --onetime … --job-id=${run}`);
      return;
    case 'run-ended': {
      // written by kickd's own narrator: an Outcome
      const outcome = line['outcome'] as {
        kind: string;
        corrected: { resource: string; from?: string; to?: string }[];
      };
      const what = outcome.corrected
        .map(
          ({ resource, from, to }) =>
            `${resource} (${from ?? '?'} -> ${to ?? '?'})`,
        )
        .join(', ');
      timeline.say('green', 'corrected', `${outcome.kind} ${what}`);
      return;
    }
    default:
  }
}
