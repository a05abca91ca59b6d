import { setTimeout as sleep } from 'node:timers/promises';
import type { Kick } from '@kickd/protocol';
import { createClient, type Client, type Reply } from './client.ts';
import { entryInWords, type Entry } from './history.ts';
import type { Site } from './site.ts';

/**
 * The monitor's side: keeps every kick until it has an answer to it, and every run until it has
 * seen its outcome, through as many lives of kickd as that takes.
 */
export class Caller {
  readonly history: Entry[] = [];
  readonly #site: Site;
  readonly #unanswered = new Map<string, Kick>();
  /** runs that are known, and not yet seen ended */
  readonly #open = new Set<string>();
  #last: string | undefined;
  #client: Client | undefined;
  #point = 0;

  constructor(site: Site) {
    this.#site = site;
  }

  /** From now on kickd listens here. */
  meet(port: number, point: number, afterMs: number): void {
    this.#client = createClient(port, this.#site.tls);
    this.#point = point;
    this.history.push({ point, kind: 'started', afterMs });
  }

  noteKill(point: number, what: string, atMs: number): void {
    this.history.push({ point, kind: 'killed', what, atMs });
  }

  async kick(kick: Kick): Promise<void> {
    this.#unanswered.set(kick.kick, kick);
    await this.#send(kick);
  }

  /** Asks again whatever has no answer yet, with the same ids. */
  async askAgain(): Promise<void> {
    await Promise.all(
      [...this.#unanswered.values()].map((kick) => this.#send(kick)),
    );
  }

  /** Cancels the run that it learned of last. */
  async cancelLast(): Promise<void> {
    const run = this.#last;
    if (run === undefined || this.#client === undefined) return;
    this.#see(await this.#client.cancel(run));
  }

  /** Asks for every answer and every outcome until it has them all. */
  async settle(): Promise<void> {
    if (!(await this.settleWithin(60_000))) {
      throw new Error(
        `no rest: ${this.history.slice(-20).map(entryInWords).join('\n')}`,
      );
    }
  }

  /** @returns whether it has them all in time */
  async settleWithin(patienceMs: number): Promise<boolean> {
    const untilMs = performance.now() + patienceMs;
    const waitSeconds = Math.min(5, Math.floor(patienceMs / 1000));
    for (;;) {
      await this.askAgain();
      await Promise.all(
        [...this.#open].map((run) => this.#follow(run, waitSeconds)),
      );
      if (this.#unanswered.size === 0 && this.#open.size === 0) return true;
      if (performance.now() > untilMs) return false;
      // a full queue or a broken journal takes kicks again after a while
      await sleep(50);
    }
  }

  /** All runs are accounted for: another history begins. */
  forget(): void {
    this.history.length = 0;
    this.#open.clear();
  }

  async #send(kick: Kick): Promise<void> {
    const { kick: id } = kick;
    const point = this.#point;
    this.history.push({ point, kind: 'sent', kick: id });
    const reply = (await this.#client?.post(kick)) ?? noClient;
    switch (reply.kind) {
      case 'run':
        this.#unanswered.delete(id);
        this.#last = reply.run.run;
        // asked for once more even if it has ended: it has to be the same then
        this.#open.add(reply.run.run);
        this.history.push({
          point,
          kind: 'accepted',
          kick: id,
          run: reply.run,
        });
        break;
      case 'refused':
        this.history.push({ point, ...reply, kick: id });
        if (reply.code === 'KICK_CONFLICT') this.#unanswered.delete(id);
        break;
      case 'unknown':
        this.history.push({ point, ...reply, kick: id });
        break;
    }
  }

  async #follow(run: string, waitSeconds: number): Promise<void> {
    this.#see((await this.#client?.get(run, waitSeconds)) ?? noClient);
  }

  #see(reply: Reply): void {
    if (reply.kind !== 'run') return;
    const { run } = reply;
    this.#last = run.run;
    if (run.state === 'ended') this.#open.delete(run.run);
    else this.#open.add(run.run);
    this.history.push({ point: this.#point, kind: 'seen', run });
  }
}

const noClient: Reply = { kind: 'unknown', why: 'kickd does not listen' };
