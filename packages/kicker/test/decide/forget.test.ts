import t from 'tap';
import { mayForget } from '../../src/decide/forget.ts';
import { emptyService } from '../../src/decide/service-memory.ts';

const day = 24 * 60 * 60 * 1000;
const year = 365 * day;
const problem = { sinceMs: 0, ids: {}, kicks: 0, isTold: false };
const service = emptyService(0);

void t.test('a service', async (t) => {
  const rows: [change: object, ageMs: number, may: boolean][] = [
    [{}, 32 * day, false],
    [{}, 32 * day + 1, true],
    [{ kicks: [day] }, 33 * day, false],
    [{ kicks: [day] }, 33 * day + 1, true],
    [{ lastEndMs: day }, 33 * day, false],
    [{ healedMs: day }, 33 * day, false],
    [{ greenMs: day }, 33 * day, false],
    [{ problem }, 33 * day, false],
    [{ problem }, year, false],
    [{ problem }, year + 1, true],
    [{ block: { why: 'futile', atMs: day } }, year + day, false],
    [{ block: { why: 'futile', atMs: day } }, year + day + 1, true],
    [{ open: { kick: 'k', isNoop: false } }, 9 * year, false],
    [{ verifying: { kick: 'k', untilMs: 0, futileRuns: 2 } }, 9 * year, false],
  ];
  for (const [change, ageMs, may] of rows) {
    t.equal(
      mayForget('service', { ...service, ...change }, ageMs, year),
      may,
      JSON.stringify([change, ageMs]),
    );
  }
  t.equal(
    mayForget('service', { ...service, problem }, 32 * day, day),
    false,
    'a month at least',
  );
});

void t.test('a host', async (t) => {
  const rows: [host: object, ageMs: number, may: boolean][] = [
    [{}, 9 * year, false],
    [{ heardMs: 0 }, year, false],
    [{ heardMs: 0 }, year + 1, true],
    [{ heardMs: 0, lastKickMs: day }, year + day, false],
    [{ heardMs: day }, year + day, false],
    [{ heardMs: 0, open: { kick: 'k', service: 'HTTP' } }, 9 * year, false],
    [{ heardMs: 0, counted: { groups: [''], quarter: '0' } }, 9 * year, false],
  ];
  for (const [host, ageMs, may] of rows) {
    t.equal(
      mayForget('host', { bad: [], ...host }, ageMs, year),
      may,
      JSON.stringify([host, ageMs]),
    );
  }
});
