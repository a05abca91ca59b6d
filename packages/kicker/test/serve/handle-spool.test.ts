import { randomUUID } from 'node:crypto';
import t from 'tap';
import { Fault } from '@kickd/protocol';
import type { Event } from '../../src/events/event.ts';
import type { EventContext, Handled } from '../../src/kicks/handle-event.ts';
import type { LedgerTransaction } from '../../src/ports.ts';
import { handleSpool, type ReadSpooled } from '../../src/serve/handle-spool.ts';
import { eventOf } from '../kicks/deciding-world.ts';

const told: Handled = {
  kind: 'told',
  isNews: true,
  decision: { kind: 'skip', code: 'not-a-problem', reasons: [] },
};

/** A spool of messages, each with the hosts that it speaks of; `odd`: a part of it cannot be used. */
function createStage(messages: readonly (readonly string[] | 'odd')[]) {
  const lying = new Map<string, readonly string[] | 'odd'>(
    messages.map((hosts) => [randomUUID(), hosts]),
  );
  const rejected: [string, string][] = [];
  const handled: [host: string, source: string | undefined][] = [];
  const log: string[] = [];
  const names = [...lying.keys()];
  const read: ReadSpooled = ({ name }) => {
    const hosts = lying.get(name);
    if (hosts === undefined || hosts === 'odd') {
      return { contexts: [], code: 'ODD' };
    }
    return {
      contexts: hosts
        .filter((host) => host !== 'odd')
        .map((host) => ({ event: eventOf({ host }), facts: { groups: [] } })),
      ...(hosts.includes('odd') ? { code: 'ODD' } : {}),
    };
  };
  const stage = {
    names,
    rejected,
    handled,
    log,
    left: () => [...lying.keys()],
    onHandle: (_event: Event): Handled => told,
    run: () =>
      handleSpool(
        {
          spool: {
            directory: '',
            isEmpty: () => lying.size === 0,
            scan: () => ({
              events: names.map((name) => ({
                name,
                monitor: 'nagios',
                args: [],
                at: new Date(0),
              })),
              rejected: [],
            }),
            remove: (name) => void lying.delete(name),
            reject: (name, code) => {
              rejected.push([name, code]);
              lying.delete(name);
              return undefined;
            },
            countBad: () => ({ count: 0, dropped: 0 }),
          },
          ledger: {
            transact: (work) => work({} as LedgerTransaction),
          },
          kicks: { start: () => {} },
          timing: {
            clock: {
              now: () => new Date(0),
              monotonicMs: () => 0,
              moment: () => ({ wallMs: 0, boot: '', monotonicMs: 0 }),
            },
            random: () => 0,
            pause: async () => {},
          },
          log: (event) => void log.push(event),
          read,
          handle: ({ event, source }: EventContext) => {
            handled.push([event.host, source]);
            return stage.onHandle(event);
          },
        },
        () => undefined,
      ),
  };
  return stage;
}

void t.test(
  'several events of one message are handled, each once',
  async (t) => {
    const stage = createStage([['web1', 'web2'], ['web3']]);
    t.equal(await stage.run(), 2);
    const [first = '', second = ''] = stage.names;
    t.strictSame(stage.handled, [
      ['web1', first],
      ['web2', `${first}#1`],
      ['web3', second],
    ]);
    t.strictSame(stage.left(), []);
  },
);

void t.test('a message that speaks of nothing is done with', async (t) => {
  const stage = createStage([[], 'odd']);
  await stage.run();
  t.strictSame(stage.left(), []);
  t.strictSame(stage.rejected, [[stage.names[1], 'ODD']]);
});

void t.test(
  'one part cannot be used: the others are handled, the message is kept for a person',
  async (t) => {
    const stage = createStage([['web1', 'odd', 'web2']]);
    await stage.run();
    const [name = ''] = stage.names;
    t.strictSame(stage.handled, [
      ['web1', name],
      ['web2', `${name}#1`],
    ]);
    t.strictSame(stage.rejected, [[name, 'ODD']]);
  },
);

void t.test(
  'a mistake in kicker over one event: the others are handled',
  async (t) => {
    const stage = createStage([['web1'], ['web2'], ['web3']]);
    stage.onHandle = ({ host }) => {
      if (host === 'web2') throw new TypeError('a mistake');
      return told;
    };
    await stage.run();
    t.strictSame(stage.rejected, [[stage.names[1], 'INTERNAL']]);
    t.strictSame(stage.left(), []);
    t.strictSame(stage.log, ['event-unusable']);
  },
);

void t.test(
  'a ledger that cannot be written: what was not handled lies there',
  async (t) => {
    const stage = createStage([['web1'], ['web2']]);
    stage.onHandle = () => {
      throw new Fault({ code: 'FULL', message: 'x', remedy: 'x', exitCode: 2 });
    };
    await t.rejects(stage.run(), { message: 'x' });
    t.strictSame(stage.left(), stage.names);
    t.strictSame(stage.rejected, []);
  },
);
