import { readFileSync } from 'node:fs';
import { PuppetReportReader } from '../packages/agent/src/cm/puppet-report.ts';
import { streamReport } from '../packages/agent/src/io/evidence.ts';

/** Reads one report as the runner does; prints `MS MB`: CPU time, and what its memory came to at most over idle. */
const [file = ''] = process.argv.slice(2);
const peakMb = (): number =>
  Number(
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1],
  ) / 1024;
const idleMb = peakMb();
const before = process.cpuUsage();
const reader = new PuppetReportReader();
await streamReport(
  file,
  (piece) => reader.take(piece),
  new AbortController().signal,
);
const read = reader.end();
const { user, system } = process.cpuUsage(before);
const tookMs = (user + system) / 1000;
if (read.kind !== 'report') throw new Error(read.reason);
process.stdout.write(`${String(tookMs)} ${String(peakMb() - idleMb)}`);
