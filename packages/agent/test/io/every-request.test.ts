import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { verifyAudit } from '../../src/audit/verify.ts';
import { sha256 } from '../../src/io/audit-file.ts';
import { openSqliteJournal } from '../../src/io/sqlite-journal.ts';
import type { Told } from '../../src/told.ts';
import {
  kickId,
  kickOf,
  monitor,
  startFixture,
  web,
  type Fixture,
} from '../fixture.ts';
import type { Then } from '../rough-request.ts';

let fixture: Fixture;
t.before(async () => {
  fixture = await startFixture(t.testdir(), {
    acl: `path /\nallow ${monitor}\n`,
    perSource: { connections: 1000, perSecond: 100_000 },
  });
});
t.after(() => fixture.agent.close());

interface Line {
  event: string;
  method: string;
  status: number;
  code?: string;
  kick?: string;
  run?: string;
}
const auditFile = (): string => fixture.settings.audit.file;
const auditLines = (): Line[] =>
  readFileSync(auditFile(), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
const answersIn = (text: string): string[] =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status = '']) => status);
const head = (request: string, more: string): string =>
  `${request} HTTP/1.1\r\nHost: ${web}\r\n${more}\r\n`;
const postOf = (body: string, more = ''): string =>
  head(
    'POST /run',
    `${more}Content-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n`,
  ) + body;
const close = 'Connection: close\r\n';
const isLineOf =
  (kick: string) =>
  (event: Told): boolean =>
    event.event === 'request' && event.kick === kick;

let kicks = 0;
const nextKick = (): string => kickId((kicks += 1));

t.test(
  'HTTP-23 what stands behind a kick changes nothing about it',
  async (t) => {
    const behind: [string, string, string][] = [
      ['one byte, close', close, 'X'],
      ['one byte, keep-alive', '', 'X'],
      ['NUL, close', close, '\0'],
      ['NUL, keep-alive', '', '\0'],
      ['a line break', close, '\r\n'],
      ['a second request', '', head('GET /status', '')],
      ['a second kick', '', postOf(JSON.stringify(kickOf(999_999)))],
      ['a second request, close', close, head('GET /status', '')],
      ['a hundred kilobytes', close, 'x'.repeat(100_000)],
      ['a TLS hello', close, '\x16\x03\x01\x02\x00'],
    ];
    for (const [name, more, tail] of behind) {
      for (const isApart of [false, true]) {
        const kick = nextKick();
        const request = postOf(JSON.stringify({ ...kickOf(1), kick }), more);
        const pieces = isApart ? [request, tail] : [request + tail];
        const text = await fixture.rough(pieces, 'wait');
        await fixture.heard(isLineOf(kick));
        t.strictSame(answersIn(text), ['202'], `${name}: the one answer`);
        const lines = auditLines().filter((line) => line.kick === kick);
        t.match(lines, [{ method: 'POST', status: 202, run: String }], name);
        t.equal(lines.length, 1, `${name}: one line`);
      }
    }
    t.notOk(
      auditLines().some((line) => line.kick === kickId(999_999)),
      'the second kick was not carried out',
    );
  },
);

t.test('a caller that is gone leaves its line', async (t) => {
  for (const then of ['end', 'reset'] as const) {
    const kick = nextKick();
    const request = postOf(JSON.stringify({ ...kickOf(1), kick }));
    await fixture.rough([request], then);
    // of a reset nobody knows whether the kick came through; another request comes after it in any case
    await fixture.get('/status');
    const isTaken = fixture.told.some(
      (event) => event.event === 'run-accepted' && event.kick === kick,
    );
    if (then === 'reset' && !isTaken) continue;
    await fixture.heard(isLineOf(kick));
    const lines = auditLines().filter((line) => line.kick === kick);
    t.match(lines, [{ status: 202, run: String }], then);
  }
});

t.test('a cancel with a byte behind it', async (t) => {
  fixture.cm.plan('gate');
  const run = fixture.runOf(
    await fixture.post({ ...kickOf(1), kick: nextKick() }),
  ).run;
  const text = await fixture.rough(
    [`${head(`DELETE /run/${run}`, close)}X`],
    'wait',
  );
  fixture.cm.plan('exit 0');
  t.strictSame(answersIn(text), ['200']);
  const lines = auditLines().filter(({ method }) => method === 'DELETE');
  t.match(lines, [{ status: 200, run }]);
  t.equal(lines.length, 1);
});

t.test('a body that breaks off or is none', async (t) => {
  const rows: [string, string, Then, string][] = [
    [
      'a chunk that is none',
      `${head('POST /run', 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n')}zz\r\n`,
      'wait',
      'REQUEST_INVALID',
    ],
    [
      'half a body, then the end',
      postOf('{"kick":').replace(/Content-Length: \d+/, 'Content-Length: 500'),
      'end',
      'REQUEST',
    ],
  ];
  for (const [name, request, then, code] of rows) {
    const before = auditLines().length;
    const text = await fixture.rough([request], then);
    t.ok(answersIn(text).length <= 1, `${name}: at most one answer`);
    await fixture.heard(
      (event) =>
        event.event === 'request' && event.code?.startsWith(code) === true,
    );
    const lines = auditLines().slice(before);
    t.equal(lines.length, 1, `${name}: one line`);
    t.match(lines, [{ method: 'POST', code: new RegExp(`^${code}`) }], name);
  }
});

const garbage = fc.oneof(
  fc.constantFrom('', 'X', '\0', '\r\n', ' ', 'GET / HTTP/1.1\r\n\r\n', '{}'),
  fc.constantFrom(head('GET /status', ''), head('DELETE /run/x', '')),
  fc
    .uint8Array({ minLength: 1, maxLength: 64 })
    .map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const attempt = fc.record({
  kind: fc.constantFrom('kick', 'kick', 'kick', 'cancel', 'status', 'wait'),
  connection: fc.constantFrom(close, '', 'Connection: keep-alive\r\n'),
  tail: garbage,
  /** where the bytes are cut in two, and where they end, in thousandths */
  cut: fc.nat(1000),
  length: fc.oneof(
    { weight: 3, arbitrary: fc.constant(1000) },
    { weight: 1, arbitrary: fc.nat(1000) },
  ),
  ending: fc.constantFrom<Then>('wait', 'wait', 'end', 'reset'),
});

t.test(
  'random cuts and garbage: the journal and the audit file tell the same',
  { timeout: 110_000 },
  async (t) => {
    let run = fixture.runOf(
      await fixture.post({ ...kickOf(1), kick: nextKick() }),
    ).run;
    const tried = new Set<string>();
    const replies = new Map<string, string[]>();
    await fc.assert(
      fc.asyncProperty(attempt, async (one) => {
        const kick = nextKick();
        const request = {
          kick: () =>
            postOf(JSON.stringify({ ...kickOf(1), kick }), one.connection),
          cancel: () => head(`DELETE /run/${run}`, one.connection),
          status: () => head('GET /status', one.connection),
          wait: () => head(`GET /run/${run}?wait=1`, one.connection),
        }[one.kind]();
        const whole = Buffer.from(request + one.tail, 'latin1');
        const sent = whole.subarray(
          0,
          Math.ceil((whole.length * one.length) / 1000),
        );
        const at = Math.floor((sent.length * one.cut) / 1000);
        // nobody waits for an answer to half a request: that is the test of the time limits
        const then =
          sent.length < request.length && one.ending === 'wait'
            ? 'end'
            : one.ending;
        const text = await fixture.rough(
          [sent.subarray(0, at), sent.subarray(at)],
          then,
        );
        const answers = answersIn(text);
        if (answers.length > 1)
          throw new Error(`two answers: ${answers.join()}`);
        if (one.kind !== 'kick') return;
        tried.add(kick);
        replies.set(kick, answers);
        const said = /"run":"([^"]+)"/.exec(text)?.[1];
        if (answers[0] === '202' && said !== undefined) run = said;
      }),
      { numRuns: 400 },
    );
    // everything that was begun has ended: what the runner took is told before the listener closes
    await fixture.agent.close();
    const journal = openSqliteJournal(
      `${fixture.settings.state}/journal.sqlite`,
    );
    const lines = auditLines();
    let taken = 0;
    for (const kick of tried) {
      const record = journal.findKick(kick);
      const told = lines.filter(
        (line) => line.kick === kick && line.status === 202,
      );
      if (record !== undefined) taken += 1;
      t.equal(told.length, record === undefined ? 0 : 1, kick);
      t.equal(told[0]?.run, record?.run);
      if (record !== undefined)
        t.ok(
          ['202', undefined].includes(replies.get(kick)?.[0]),
          `${kick}: ${String(replies.get(kick))}`,
        );
    }
    t.ok(taken > 50, `${String(taken)} kicks taken`);
    for (const line of lines.filter(
      ({ method, status }) => method === 'DELETE' && status === 200,
    )) {
      t.match(journal.findRun(line.run ?? ''), {
        outcome: { kind: 'cancelled' },
      });
    }
    journal.close();
    const verdict = verifyAudit(
      [{ file: auditFile(), text: readFileSync(auditFile(), 'latin1') }],
      sha256,
    );
    t.equal(verdict.kind, 'whole');
  },
);
