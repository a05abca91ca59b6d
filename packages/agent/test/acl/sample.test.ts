import { readFileSync } from 'node:fs';
import t from 'tap';
import { authorize } from '../../src/acl/authorize.ts';
import { parseAcl } from '../../src/acl/parse.ts';

const root = new URL('../../../../', import.meta.url);

void t.test(
  'the sample that operators install loads without a warning and lets in the kicker',
  async (t) => {
    const text = readFileSync(new URL('deploy/auth.conf.sample', root), 'utf8');
    const parsed = parseAcl(text, 'auth.conf.sample', { anyCertname: false });
    if (parsed.kind === 'faults') throw new Error(parsed.faults[0]?.message);
    t.same(parsed.warnings, []);
    const kicker = {
      certname: 'kicker.example.com',
      ip: '192.0.2.10',
      environment: 'production',
    };
    const rows = [
      ['/run', 'save', 'allow'],
      ['/runs', 'search', 'allow'],
      ['/status', 'find', 'allow'],
      ['/run/0198/log', 'find', 'deny'],
      ['/run/0198', 'destroy', 'deny'],
      ['/metrics', 'find', 'deny'],
      ['/drill/web1.example.com', 'save', 'deny'],
    ] as const;
    for (const [path, method, decision] of rows) {
      t.equal(
        authorize(parsed.acl, { ...kicker, path, method }).decision,
        decision,
        `${method} ${path}`,
      );
    }
  },
);

void t.test('the stanzas of the reference page load', async (t) => {
  const page = readFileSync(new URL('docs/reference/acl.md', root), 'utf8');
  const stanzas = [...page.matchAll(/```\n((?:#.*\n)*path [^`]+)```/g)].map(
    (found) => found[1] ?? '',
  );
  t.equal(stanzas.length, 5);
  for (const stanza of stanzas) {
    t.match(
      parseAcl(stanza, 'acl.md', { anyCertname: false }),
      { kind: 'acl', warnings: [] },
      stanza,
    );
  }
});
