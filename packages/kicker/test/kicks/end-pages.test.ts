import t, { type Test } from 'tap';
import type { PageMemory } from '../../src/decide/memory.ts';
import { pageKey } from '../../src/decide/page.ts';
import { endPage, endPages } from '../../src/kicks/end-pages.ts';
import type { EscalationWays } from '../../src/outbox/escalation.ts';
import { createDecidingWorld } from './deciding-world.ts';

const ways: EscalationWays = {
  can: () => true,
  passive: { service: 'kicker' },
};
const shared: EscalationWays = {
  can: () => true,
  passive: { host: 'monitor', service: 'kicker' },
};

/** Calls of a person that last; what each is about is over where nothing else is remembered. */
function createPages(t: Test, ways: EscalationWays) {
  const world = createDecidingWorld(t, {}, {}, ways);
  const { ledger } = world;
  return {
    ...world,
    call: (
      host: string,
      isOver = false,
      monitor?: string,
      name = 'HTTP',
    ): string => {
      const service = `${host}\t${name}`;
      const about: PageMemory['about'] = { kind: 'problem', service };
      const key = pageKey(about, '');
      const problem = {
        ids: {},
        isTold: true,
      };
      ledger.transact((transaction) => {
        world.handle({ host, service: name, state: 'WARNING' });
        const known = transaction.read('service', service);
        if (known?.problem === undefined) throw new Error('no problem');
        transaction.remember([
          {
            kind: 'service',
            key: service,
            value: {
              ...known,
              problem: { ...known.problem, ...(isOver ? {} : problem) },
            },
          },
          {
            kind: 'page',
            key,
            value: {
              host,
              about,
              ...(monitor === undefined ? {} : { monitor }),
            },
          },
        ]);
      });
      return key;
    },
    end: () => endPages(world.deciding),
    shown: () =>
      world
        .actions()
        .map((action) =>
          action.to === 'monitor' && action.feedback.kind === 'result'
            ? [
                action.monitor,
                action.place.host,
                action.feedback.state,
                action.feedback.text,
              ]
            : action,
        ),
  };
}

void t.test('what lasts is not over; what is over is told once', async (t) => {
  const pages = createPages(t, ways);
  t.strictSame(pages.end(), []);
  pages.call('web1');
  const key = pages.call('web2', true);
  t.strictSame(pages.end(), [key]);
  t.strictSame(pages.shown(), [
    ['nagios', 'web2', 'OK', 'kicker: problem web2 / HTTP is over'],
  ]);
  t.strictSame(pages.end(), []);
});

void t.test('a service that several share names what lasts', async (t) => {
  const pages = createPages(t, shared);
  for (const host of ['a', 'b', 'c', 'd']) pages.call(host);
  pages.call('e', true);
  pages.call('other', false, 'dc2');
  pages.end();
  t.strictSame(pages.shown(), [
    [
      'nagios',
      'monitor',
      'CRITICAL',
      'kicker: a person is needed: problem a / HTTP, problem b / HTTP, problem c / HTTP and 1 more',
    ],
  ]);
});

void t.test('three are named, and another monitor’s are its own', async (t) => {
  const pages = createPages(t, shared);
  for (const host of ['a', 'b', 'c']) pages.call(host);
  pages.call('e', true);
  pages.call('z', true, 'dc2');
  pages.end();
  t.strictSame(pages.shown(), [
    ['dc2', 'monitor', 'OK', 'kicker: problem z / HTTP is over'],
    [
      'nagios',
      'monitor',
      'CRITICAL',
      'kicker: a person is needed: problem a / HTTP, problem b / HTTP, problem c / HTTP',
    ],
  ]);
});

void t.test('a service of each host is about that host alone', async (t) => {
  const pages = createPages(t, ways);
  pages.call('a');
  pages.call('b', true);
  pages.end();
  t.match(pages.shown(), [['nagios', 'b', 'OK', /is over$/]]);
});

void t.test('what lasts on the same host keeps it red', async (t) => {
  const pages = createPages(t, ways);
  pages.call('b', true);
  pages.call('b', false, undefined, 'SMTP');
  pages.end();
  t.strictSame(pages.shown(), [
    ['nagios', 'b', 'CRITICAL', 'kicker: a person is needed: problem b / SMTP'],
  ]);
});

void t.test('more than one page of the memory', async (t) => {
  const pages = createPages(t, shared);
  const hosts = Array.from({ length: 230 }, (_, index) => `h${1000 + index}`);
  for (const host of hosts) pages.call(host);
  pages.call('a', true);
  pages.end();
  t.match(pages.shown(), [
    ['nagios', 'monitor', 'CRITICAL', /problem h1002 \/ HTTP and 227 more$/],
  ]);
});

void t.test('a call that is about no storm looks at no group', async (t) => {
  const pages = createPages(t, ways);
  pages.call('web1', true);
  const groups = () => pages.ledger.remembered('group', '', 9);
  const before = groups();
  pages.end();
  t.strictSame(groups(), before);
});

void t.test('nobody shows it: it is over all the same', async (t) => {
  const pages = createPages(t, { can: () => true });
  const key = pages.call('a', true);
  t.strictSame(pages.end(), [key]);
  t.strictSame(pages.shown(), []);
});

void t.test('what was ended by somebody else is not ended again', async (t) => {
  const { deciding, ledger } = createPages(t, ways);
  ledger.transact((transaction) =>
    t.equal(endPage('problem web1\tHTTP', transaction, deciding), false),
  );
});

void t.test('a storm is looked at anew before its call is over', async (t) => {
  const pages = createPages(t, ways);
  const about: PageMemory['about'] = { kind: 'storm', groups: ['web'] };
  const key = pageKey(about, 'storm of web');
  pages.ledger.transact((transaction) =>
    transaction.remember([
      { kind: 'page', key, value: { host: 'web1', about } },
      {
        kind: 'group',
        key: 'web',
        value: {
          counts: {},
          members: 10,
          // by the ledger's own clock
          storm: { sinceMs: 0, belowSinceMs: 0, isTold: true },
        },
      },
    ]),
  );
  t.strictSame(pages.end(), []);
  // nobody's event says that the time below the limit is over
  pages.pass(pages.deciding.rules.guards.storm.exitDelaySeconds);
  t.strictSame(pages.end(), [key]);
  t.match(pages.shown(), [
    ['nagios', 'web1', 'OK', 'kicker: storm of web is over'],
  ]);
});
