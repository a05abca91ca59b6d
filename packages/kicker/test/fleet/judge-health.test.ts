import t from 'tap';
import type { Status } from '@kickd/protocol';
import { judgeHealth } from '../../src/fleet/judge-health.ts';

const now = new Date('2026-03-01T00:00:00Z');
const days = { warning: 30, critical: 7 };
const inDays = (count: number): string =>
  new Date(+now + count * 24 * 60 * 60 * 1000).toISOString();
const well: Status = {
  version: '1',
  certname: 'web1.example.com',
  uptimeSeconds: 60,
  cm: { profile: 'puppet-agent', locked: false },
  expiries: [{ what: 'certificate', at: inDays(100) }],
  acl: { current: true, rules: 1 },
  journal: { ok: true },
  audit: { ok: true, head: `1:${'0'.repeat(64)}` },
  limits: { bodyMaxBytes: 4096, runTimeoutSeconds: 900 },
};
const expiring = (count: number): Partial<Status> => ({
  expiries: [
    { what: 'ca Puppet CA', at: inDays(200) },
    { what: 'crl of Puppet CA', at: inDays(count) },
  ],
});

const bare = (kind: string) => ({ kind, corrected: [], failed: [] });

const cases: [string, Partial<Status>, number, RegExp?][] = [
  ['well', {}, 0],
  ['31 days', expiring(31), 0],
  ['30 days', expiring(30), 1, /crl of Puppet CA expires 2026-03-31/],
  ['8 days', expiring(8), 1],
  ['7 days', expiring(7), 2],
  ['past', expiring(-1), 2, /crl of Puppet CA expired/],
  ['journal', { journal: { ok: false, reason: 'ENOSPC' } }, 2, /ENOSPC/],
  [
    'audit',
    { audit: { ok: false, reason: 'EIO', head: '0' } },
    2,
    /audit file is broken: EIO/,
  ],
  ['acl', { acl: { current: false, rules: 1 } }, 1, /ACL/],
  ['frozen', { frozen: 'by ada\n' }, 1, /frozen: by ada\\u\{a\}/],
  [
    'disabled',
    { cm: { profile: 'puppet-agent', locked: false, disabled: 'by ada' } },
    1,
    /disabled: by ada/,
  ],
  ['not needed', { last: { outcome: bare('not-needed') } } as object, 0],
  ['failed', { last: { outcome: bare('failed') } } as object, 1, /last run/],
  ['an older kickd', { journal: undefined, audit: undefined } as object, 0],
];
for (const [what, part, state, found] of cases) {
  t.test(what, async (t) => {
    const health = judgeHealth({ ...well, ...part }, now, days);
    t.equal(health.state, state);
    if (found === undefined && state === 0) t.strictSame(health.found, []);
    if (found !== undefined) t.match(health.found, [found]);
  });
}

t.test('the worst comes first', async (t) => {
  const { found, state } = judgeHealth(
    { ...well, frozen: 'x', journal: { ok: false } },
    now,
    days,
  );
  t.equal(state, 2);
  t.match(found, [/journal/, /frozen/]);
});

t.test('perfdata', async (t) => {
  t.strictSame(judgeHealth(well, now, days).perfdata, [
    'uptime=60s',
    'first_expiry=100.0;30:;7:',
  ]);
});
