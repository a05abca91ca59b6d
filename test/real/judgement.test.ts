import t, { type Test } from 'tap';
import type { Run } from '@kickd/protocol';
import { setFlag } from './lab/flags.ts';
import {
  applyPolicy,
  isUp,
  pageService,
  shopHosts,
  startJudgementLab,
  verifySeconds,
  web,
  type JudgementLab,
} from './lab/judgement.ts';
import { commentsOf, kickerComments, waitService } from './lab/nagios-data.ts';
import { monitorHost } from './lab/places.ts';
import { waitFor } from './lab/wait.ts';

await t.test('when to stop, and whom to tell', async (t) => {
  const judged = await startJudgementLab();
  t.teardown(() => judged.close());

  await t.test('a service that Puppet does not manage', (t) =>
    stopsWhereItIsInVain(t, judged),
  );
  await t.test('half of a host group at once', (t) => sitsOutAStorm(t, judged));
  await t.test('downtime', (t) => leavesDowntimeAlone(t, judged));
  await t.test('acknowledgement', (t) => leavesAPersonAlone(t, judged));
});

/** Two runs that correct nothing, then a person; another policy, then one more kick, and that heals. */
async function stopsWhereItIsInVain(
  t: Test,
  { kickd, nagios, resident, pages, breakAll }: JudgementLab,
): Promise<void> {
  const runs = (): Promise<Run[]> => runsFor(kickd, 'APP');
  breakAll([web], 'APP');
  await waitService(web, 'APP', 'acknowledged while healing', isAcknowledged);
  t.match(
    commentsOf(web, 'APP').find(({ entry_type: type }) => type === '4'),
    { author: 'kicker', comment_data: /^kicker: healing, run / },
  );
  const [page] = await waitFor(
    'a person to be called',
    () => (pages().length > 0 ? pages() : undefined),
    { timeoutMs: 120_000, explain: () => resident.log() },
  );
  t.match(page, {
    about: 'problem',
    subject: `${web} / APP`,
    reason: '2 runs in a row did not help, and the policy is still policy-1',
  });
  const inVain = await runs();
  t.strictSame(
    inVain.map(({ outcome }) => outcome?.kind),
    ['unchanged', 'unchanged'],
  );
  t.match(
    await waitService(monitorHost.name, pageService, 'CRITICAL', isDown),
    { plugin_output: /a person is needed \(problem\): 2 runs in a row/ },
  );
  await waitService(web, 'APP', 'not acknowledged', (b) => !isAcknowledged(b));

  const comments = await waitFor(
    'all comments in status.dat',
    () => {
      const all = kickerComments(web, 'APP');
      return all.length === 5 ? all : undefined;
    },
    { timeoutMs: 30_000, explain: () => kickerComments(web, 'APP').join('\n') },
  );
  const told = inVain
    .toReversed()
    .flatMap(({ run, kicks }) => [
      new RegExp(
        `^kicker: unchanged in [0-9.]+ s, run ${run}, kick ${kicks[0]?.kick ?? '?'}$`,
      ),
      new RegExp(
        `^kicker: the run did not help within ${String(verifySeconds)} s`,
      ),
    ]);
  t.match(comments, [...told, /^kicker: .*a person is needed \(problem\)/]);
  const commands = externalCommands(nagios.log(), `${web};APP`);
  t.strictSame(
    commands.filter((name) => !name.includes('COMMENT')),
    [
      'SCHEDULE_FORCED_SVC_CHECK', // the test's own
      ...Array<string[]>(2)
        .fill([
          'ACKNOWLEDGE_SVC_PROBLEM',
          'SCHEDULE_FORCED_SVC_CHECK',
          'REMOVE_SVC_ACKNOWLEDGEMENT',
        ])
        .flat(),
    ],
  );

  // It asks the host for its policy again and again, and stays still.
  const looks = (): number => statusLooks(kickd);
  const before = looks();
  await waitFor(
    'kicker to ask for the policy three times',
    () => looks() >= before + 3 || undefined,
    { timeoutMs: 60_000, explain: () => resident.log() },
  );
  t.equal((await runs()).length, 2, 'no third kick');
  t.equal(pages().length, 1, 'one page');

  await applyPolicy('policy-2', ['APP', 'SHOP']);
  await waitService(web, 'APP', 'healed', isUp, 90_000);
  const [healing, ...earlier] = await runs();
  t.equal(earlier.length, 2, 'one more kick');
  t.match(await kickd.waitEnd(healing?.run ?? ''), {
    outcome: { kind: 'corrected', configVersion: 'policy-2' },
  });
  await resident.waitEntry(
    web,
    'APP',
    'a verdict',
    ({ kind, body }) => kind === 'verdict' && body['verdict'] === 'healed',
  );
  t.match(
    kickerComments(web, 'APP').at(-1),
    new RegExp(`^kicker: corrected File\\[.*APP\\].*${healing?.run ?? '?'}`),
  );
  await waitService(monitorHost.name, pageService, 'OK again', isUp);
  const story = await resident.ask('why', web, 'APP');
  t.match(
    story,
    /one more try, as the policy changed from policy-1 to policy-2/,
  );
  t.match(story, /no kick \(futile\)/);
}

/** Two of four hosts: a cause that is on no host. One person is called, and nothing is kicked. */
async function sitsOutAStorm(
  t: Test,
  { kickd, resident, pages, breakAll, mend }: JudgementLab,
): Promise<void> {
  const [first, second] = shopHosts;
  const both = [first, second] as const;
  const pagesBefore = pages().length;
  breakAll(both, 'SHOP');
  for (const host of both) {
    await resident.waitEntry(
      host,
      'SHOP',
      'a decision about HARD',
      ({ kind, body }) => kind === 'event' && body['stateType'] === 'HARD',
    );
    const decisions = (await resident.decisions(host, 'SHOP')).map(
      ({ body }) => body,
    );
    t.match(
      decisions.filter(({ code }) => code !== 'attempt-not-reached'),
      [
        { kind: 'skip', code: 'storm' },
        { kind: 'skip', code: 'storm' },
      ],
      `${host}: SOFT 3 and HARD 4`,
    );
    t.match(decisions.at(-1), {
      reasons: [/2 of the 4 hosts of shop are unhealthy/],
    });
  }
  t.strictSame(await runsFor(kickd, 'SHOP'), []);
  t.match(
    await waitService(monitorHost.name, pageService, 'CRITICAL', isDown),
    { plugin_output: /a person is needed \(storm of shop\)/ },
  );
  const paged = await waitFor(
    'the page',
    () => {
      const since = pages().slice(pagesBefore);
      return since.length > 0 ? since : undefined;
    },
    { timeoutMs: 30_000 },
  );
  t.match(paged, [{ about: 'storm of shop' }]);
  t.equal(paged.length, 1, 'one page, not two');
  const comments = both.flatMap((host) => kickerComments(host, 'SHOP'));
  t.match(comments, [/a person is needed \(storm of shop\)/]);

  for (const host of both) await mend(host, 'SHOP');
  await waitFor(
    'the storm to be over',
    async () => {
      const told = `CRITICAL HARD 4 127.0.0.11 ${web} SHOP --host-groups=shop`;
      const said = await resident.ask('explain', ...told.split(' '), '--json');
      return said.includes('"decision":{"kind":"kick"') || undefined;
    },
    { timeoutMs: 60_000, explain: () => resident.log() },
  );
  await waitService(monitorHost.name, pageService, 'OK again', isUp);
  breakAll([web], 'SHOP');
  await waitService(web, 'SHOP', 'broken', isDown);
  await waitService(web, 'SHOP', 'healed', isUp, 90_000);
  const [run] = await runsFor(kickd, 'SHOP');
  t.match(await kickd.waitEnd(run?.run ?? ''), {
    outcome: { kind: 'corrected' },
  });
  t.equal(pages().length, pagesBefore + 1, 'nobody was called for it');
}

async function leavesDowntimeAlone(
  t: Test,
  { kickd, nagios, resident, breakAll }: JudgementLab,
): Promise<void> {
  const runsBefore = (await runsFor(kickd, 'APP')).length;
  const since = await resident.last(web, 'APP');
  const now = Math.floor(Date.now() / 1000);
  nagios.command(
    `SCHEDULE_SVC_DOWNTIME;${web};APP;${String(now)};${String(now + 3600)};1;0;3600;ada;moving`,
  );
  await waitService(
    web,
    'APP',
    'in downtime',
    ({ scheduled_downtime_depth: depth }) => depth === '1',
  );
  breakAll([web], 'APP');
  await resident.waitEntry(
    web,
    'APP',
    'an event in downtime',
    ({ seq, kind, body }) =>
      seq > since && kind === 'event' && body['stateType'] === 'HARD',
  );
  const decisions = await resident.decisions(web, 'APP', since);
  t.strictSame(
    [...new Set(decisions.map(({ body }) => body['code']))],
    ['in-downtime'],
  );
  t.match(decisions.at(-1)?.body, {
    kind: 'skip',
    reasons: ['the host or the service is in scheduled downtime'],
  });
  t.equal((await runsFor(kickd, 'APP')).length, runsBefore, 'no kick');

  nagios.command(`DEL_DOWNTIME_BY_HOST_NAME;${web};APP`);
  await waitService(web, 'APP', 'healed', isUp, 90_000);
  const runs = await runsFor(kickd, 'APP');
  t.equal(runs.length, runsBefore + 1, 'kicked, since the problem lasts');
  t.match(await kickd.waitEnd(runs[0]?.run ?? ''), {
    outcome: { kind: 'corrected' },
  });
}

/** Acknowledged as WARNING, for which kicker does nothing; CRITICAL comes after it. */
async function leavesAPersonAlone(
  t: Test,
  { kickd, nagios, resident, breakAll }: JudgementLab,
): Promise<void> {
  const runsBefore = (await runsFor(kickd, 'APP')).length;
  const since = await resident.last(web, 'APP');
  setFlag(web, 'APP', 'warning');
  await waitService(
    web,
    'APP',
    'WARNING',
    (block) => block['current_state'] === '1' && block['state_type'] === '1',
  );
  nagios.command(`ACKNOWLEDGE_SVC_PROBLEM;${web};APP;2;0;0;ada;on it`);
  await waitService(web, 'APP', 'acknowledged', isAcknowledged);
  breakAll([web], 'APP');
  const { body } = await resident.waitEntry(
    web,
    'APP',
    'a decision about CRITICAL',
    ({ seq, kind, body }) =>
      seq > since && kind === 'decision' && body['code'] === 'acknowledged',
  );
  t.match(body, {
    kind: 'skip',
    reasons: [
      'the problem is acknowledged by ada (when.acknowledged is false)',
    ],
  });
  // The event handler is called before Nagios next writes its status file.
  await waitService(
    web,
    'APP',
    'CRITICAL',
    (block) => isDown(block) && block['state_type'] === '1',
  );
  t.equal((await runsFor(kickd, 'APP')).length, runsBefore, 'no kick');

  nagios.command(`REMOVE_SVC_ACKNOWLEDGEMENT;${web};APP`);
  await waitService(web, 'APP', 'healed', isUp, 90_000);
  t.equal((await runsFor(kickd, 'APP')).length, runsBefore + 1);
}

// Functions, which exist before the first test waits.
type Fields = Readonly<Record<string, string>>;
function isDown(block: Fields): boolean {
  return block['current_state'] === '2';
}
function isAcknowledged(block: Fields): boolean {
  return block['problem_has_been_acknowledged'] === '1';
}

/** Newest first: the runs that a kick for this service asked for. */
async function runsFor(
  kickd: JudgementLab['kickd'],
  service: string,
): Promise<Run[]> {
  const runs = await kickd.runs();
  return runs.filter(({ kicks }) =>
    kicks.some(({ because }) => because?.service === service),
  );
}

/** How often the monitor asked kickd how it is. */
function statusLooks(kickd: JudgementLab['kickd']): number {
  return kickd
    .log()
    .filter(
      (line) =>
        line['path'] === '/status' && line['certname'] === monitorHost.name,
    ).length;
}

/** The commands about one service that Nagios took from its command file, in their order. */
function externalCommands(log: string, about: string): string[] {
  return log
    .split('\n')
    .map((line) => /EXTERNAL COMMAND: (\w+);(.*)$/.exec(line))
    .filter((match) => match?.[2]?.startsWith(about))
    .map((match) => match?.[1] ?? '');
}
