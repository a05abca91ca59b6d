import { authorize } from '../packages/agent/src/acl/authorize.ts';
import { parseAcl, type Acl } from '../packages/agent/src/acl/parse.ts';
import { compare, type Row } from './row.ts';

const mebibyte = 1024 * 1024;

/** Texts that would take a careless reader quadratic time. */
const texts: readonly [string, string][] = [
  ['blanks', ' '],
  ['keywords', 'path \t'],
  ['commas', ',\n'],
  ['stanzas', 'path /run\nallow a\n'],
];

/** Reading a file of rules grows with its length, and deciding not with the number of its entries. */
export function benchAcl(rounds: number): Row[] {
  const read = (text: string): number => {
    const startedMs = performance.now();
    parseAcl(text, 'auth.conf', { anyCertname: true });
    return performance.now() - startedMs;
  };
  const reading = texts.map(([name, unit]): Row => {
    const [whole, quarter] = [4, 1].map((size) =>
      unit.repeat(Math.floor((size * mebibyte) / unit.length)),
    );
    const samples = Array.from({ length: rounds + 1 }, () => [
      read(whole ?? ''),
      read(quarter ?? ''),
    ]).slice(1);
    return compare(
      {
        name: `4 MiB of rules read: ${name}`,
        unit: 'ms',
        goal: { what: 'ratio', most: 8 },
      },
      samples.map(([ours = 0]) => ours),
      { name: '1 MiB', samples: samples.map(([, peer = 0]) => peer) },
    );
  });
  const [large, small] = [rulesOf(100_000), rulesOf(1)];
  const samples = Array.from({ length: rounds + 1 }, () => [
    decide(large),
    decide(small),
  ]).slice(1);
  return [
    ...reading,
    compare(
      {
        name: '1000 decisions, 100,000 names in a stanza',
        unit: 'ms',
        goal: { what: 'ratio', most: 3 },
      },
      samples.map(([ours = 0]) => ours),
      { name: 'one name', samples: samples.map(([, peer = 0]) => peer) },
    ),
  ];
}

function rulesOf(names: number): Acl {
  const entries = Array.from(
    { length: names },
    (_, n) => `allow h${String(n)}.ab`,
  );
  const text = ['path /run', ...entries].join('\n');
  const parsed = parseAcl(text, 'auth.conf', { anyCertname: false });
  if (parsed.kind === 'faults') throw new Error(parsed.faults[0]?.message);
  return parsed.acl;
}

function decide(acl: Acl): number {
  const startedMs = performance.now();
  for (let n = 0; n < 1000; n += 1) {
    authorize(acl, {
      path: '/run/web1.example.com',
      method: 'save',
      certname: `h${String((n * 49) % 100_000)}.ab`,
      ip: '192.0.2.1',
      environment: 'production',
    });
  }
  return performance.now() - startedMs;
}
