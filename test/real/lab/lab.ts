/**
 * The whole lab: borrowed system paths, puppetserver with certificates, policy and Apache, with
 * one run of the agent behind it, so that each resource has a history (the very first run of a
 * resource cannot say that it corrected drift).
 *
 * `close()` stops everything by pid and puts every system path back. If a run dies, the next one
 * does both before it begins; `node test/real/lab/return.ts` does it by hand.
 */
import { mkdirSync } from 'node:fs';
import { startApache, type Apache } from './apache.ts';
import { borrowSystemPaths, returnSystemPaths } from './borrowed.ts';
import { issueCertificates, type CertFiles } from './certs.ts';
import { stateFolder } from './places.ts';
import { writePolicy } from './policy.ts';
import { runAgent } from './puppet.ts';
import { cleanUpAfterDeath } from './return.ts';
import {
  startPuppetserver,
  type CaKind,
  type Puppetserver,
} from './puppetserver.ts';

export interface Lab {
  puppetserver: Puppetserver;
  apache: Apache;
  agentFiles: CertFiles;
  kickerFiles: CertFiles;
  close(): Promise<void>;
}

/** Starts everything that does not belong to kickd; about 40 s. */
export async function startLab(options: {
  ca: CaKind;
  signal?: AbortSignal;
}): Promise<Lab> {
  mkdirSync(stateFolder, { recursive: true });
  await cleanUpAfterDeath();
  await borrowSystemPaths();
  const closers: (() => Promise<void>)[] = [returnSystemPaths];
  const close = async (): Promise<void> => {
    for (;;) {
      const next = closers.pop();
      if (next === undefined) return;
      await next();
    }
  };
  try {
    const puppetserver = await startPuppetserver(options);
    closers.push(() => puppetserver.close());
    const { agent, kicker } = await issueCertificates();
    await writePolicy();
    const apache = await startApache();
    closers.push(() => apache.close());
    const first = await runAgent();
    if (first.exitCode !== 0 && first.exitCode !== 2)
      throw new Error(`the first run of the agent failed:\n${first.output}`);
    return {
      puppetserver,
      apache,
      agentFiles: agent,
      kickerFiles: kicker,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
