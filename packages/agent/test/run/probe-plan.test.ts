import type { Because, Run } from '@kickd/protocol';
import t from 'tap';
import type { Probes } from '../../src/ports.ts';
import {
  servicesToAskAfter,
  servicesToAskBefore,
} from '../../src/run/probe-plan.ts';

const probe = { file: '/p', argv: [], user: 'nobody', timeoutMs: 1000 };
const probes: Probes = new Map([
  ['HTTP', probe],
  ['SSH', probe],
]);
const run = (
  becauses: (Because | undefined)[],
  more: Partial<Run> = {},
): Run => ({
  run: '0193a000-0000-7000-8000-000000000001',
  certname: 'web1.example.com',
  cm: 'tool',
  state: 'queued',
  noop: false,
  queuedAt: '2026-03-01T00:00:00Z',
  kicks: becauses.map((because, n) => ({
    kick: `0193a000-0000-7000-8000-00000000000${String(n)}`,
    by: 'monitor.example.com',
    joined: 'started',
    acceptedAt: '2026-03-01T00:00:00Z',
    ...(because !== undefined && { because }),
  })),
  ...more,
});
const http = { monitor: 'nagios', service: 'HTTP' };
const ssh = { service: 'SSH' };
const disk = { service: 'Disk' };

// Each row: what a run is for; who is asked before it, and after it.
const rows: [string, Run, string[], string[]][] = [
  ['an alert', run([http]), ['HTTP'], ['HTTP']],
  ['two of one service', run([http, http]), ['HTTP'], ['HTTP']],
  ['two services', run([http, ssh]), ['HTTP', 'SSH'], ['HTTP', 'SSH']],
  ['with tags', run([http], { tags: ['apache'] }), ['HTTP'], ['HTTP']],
  ['a person', run([undefined]), [], []],
  ['a person and an alert', run([http, undefined]), [], ['HTTP']],
  ['no service', run([{ host: 'web1' }]), [], []],
  ['a service without a probe', run([disk]), [], []],
  ['one with, one without', run([http, disk]), [], []],
  ['another spelling', run([{ service: 'http' }]), [], []],
  ['a name of every object', run([{ service: 'constructor' }]), [], []],
  ['noop', run([http], { noop: true }), [], []],
  ['nobody', run([]), [], []],
];
for (const [name, of, before, after] of rows) {
  t.test(name, async (t) => {
    t.strictSame(servicesToAskBefore(of, probes), before);
    t.strictSame(servicesToAskAfter(of, probes), after);
  });
}

t.test('a profile without probes asks nobody', async (t) => {
  t.strictSame(servicesToAskBefore(run([http]), undefined), []);
  t.strictSame(servicesToAskAfter(run([http]), undefined), []);
});
