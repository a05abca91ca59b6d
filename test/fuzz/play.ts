import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { auditFile, auditLines } from './audit.ts';
import { bodies } from './bodies.ts';
import { createCertificateTargets } from './certificates.ts';
import { configuration, kickerSettings, puppetConf } from './configuration.ts';
import { createJournals } from './journals.ts';
import { createPayloadTargets } from './payloads.ts';
import { records } from './records.ts';
import { reports } from './reports.ts';
import { rules } from './rules.ts';
import { createSockets } from './sockets.ts';
import type { Target } from './target.ts';

/** An input that a reader stumbled over once stands here for ever, and is played first. */
const keptDir = join(import.meta.dirname, 'kept');

export interface Crash {
  target: string;
  /** base64, shrunk as far as it goes */
  input: string;
  /** of fast-check, to see it again: with the number of the batch */
  seed: number;
  why: string;
}

export interface Played {
  inputs: ReadonlyMap<string, number>;
  crashes: Crash[];
  runsStarted: number;
}

export interface PlayOptions {
  seed: number;
  /** asked between two batches */
  isOver(batches: number): boolean;
  /** CPU time that one input may take; without it no clock is asked */
  slowMs?: number;
}

export async function createTargets(): Promise<Target[]> {
  const inProcess = [
    rules,
    configuration,
    kickerSettings,
    puppetConf,
    bodies,
    records,
    auditFile,
    auditLines,
    ...reports,
  ];
  return [
    ...inProcess,
    ...createCertificateTargets(),
    ...createJournals(),
    ...(await createPayloadTargets()),
    ...(await createSockets()),
  ];
}

/** Plays what is kept, then batch after batch of each target in turn; a target that crashed is left alone. */
export async function playTargets(
  targets: readonly Target[],
  { seed, isOver, slowMs }: PlayOptions,
): Promise<Played> {
  const inputs = new Map(targets.map(({ name }) => [name, 0]));
  const crashes: Crash[] = [];
  const playOne = async (target: Target, input: Uint8Array): Promise<void> => {
    inputs.set(target.name, (inputs.get(target.name) ?? 0) + 1);
    const startedMs = cpuMs();
    await target.play(input);
    const tookMs = cpuMs() - startedMs;
    if (slowMs !== undefined && tookMs > slowMs)
      throw new Error(`it took ${tookMs.toFixed(0)} ms of CPU`);
  };
  const failed = new Set<Target>();
  for (const target of targets) {
    for (const input of kept(target.name)) {
      try {
        await playOne(target, input);
      } catch (error) {
        failed.add(target);
        crashes.push(crashOf(target, input, 0, error));
      }
    }
  }
  for (let batch = 0; failed.size < targets.length; batch += 1) {
    const target = targets[batch % targets.length];
    if (isOver(batch) || target === undefined) break;
    if (failed.has(target)) continue;
    const property = fc.asyncProperty(target.inputs, (input) =>
      playOne(target, input),
    );
    const details = await fc.check(property, {
      seed: seed + batch,
      numRuns: target.batch,
    });
    if (!details.failed) continue;
    failed.add(target);
    const [input = new Uint8Array()] = details.counterexample ?? [];
    crashes.push(crashOf(target, input, seed + batch, details.errorInstance));
  }
  const runsStarted = targets.reduce(
    (sum, target) => sum + (target.runsStarted?.() ?? 0),
    0,
  );
  return { inputs, crashes, runsStarted };
}

/** Of this process: on a busy machine the clock goes on while nothing is read. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Keeps the input that crashed a target, for every later play. */
export function keep({ target, input }: Crash): string {
  const bytes = Buffer.from(input, 'base64');
  const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const dir = join(keptDir, folderOf(target));
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, name), bytes);
  return join(dir, name);
}

function kept(target: string): Buffer[] {
  const dir = join(keptDir, folderOf(target));
  try {
    return readdirSync(dir).map((name) => readFileSync(join(dir, name)));
  } catch {
    return [];
  }
}

function folderOf(target: string): string {
  return target.toLowerCase().replaceAll(/[^a-z]+/g, '-');
}

function crashOf(
  { name }: Target,
  input: Uint8Array,
  seed: number,
  error: unknown,
): Crash {
  const why =
    error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    target: name,
    input: Buffer.from(input).toString('base64'),
    seed,
    why,
  };
}
