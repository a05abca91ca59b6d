import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  openAclDoor,
  type Question,
} from '../../packages/agent/test/acl-door.ts';

/** Stanzas that Puppet asked with `/run/HOST`. */
const host = 'web1.example.com';
const confs = join(import.meta.dirname, '03-acl-run-host');
const rows: [string, string, 'allow' | 'deny'][] = [
  ['regex-refuses.conf', 'monitor.example.com', 'deny'],
  ['regex-refuses.conf', 'kicker.example.com', 'allow'],
  ['literal-refuses.conf', 'monitor.example.com', 'deny'],
  ['literal-refuses.conf', 'kicker.example.com', 'deny'],
  ['own-run.conf', host, 'allow'],
  ['own-run.conf', 'web2.example.com', 'deny'],
  ['own-run.conf', 'monitor.example.com', 'deny'],
  ['regex-allows.conf', 'monitor.example.com', 'allow'],
  ['regex-allows.conf', 'kicker.example.com', 'deny'],
];

t.test('each file, at the door and explained', async (t) => {
  const door = await openAclDoor(t.testdir(), host);
  t.teardown(() => door.close());
  for (const [conf, certname, wanted] of rows) {
    door.load(readFileSync(join(confs, conf), 'utf8'));
    const question: Question = { certname, request: 'POST /run' };
    t.equal(await door.ask(question), wanted, `${conf}: ${certname}`);
    t.equal(await door.explain(question), wanted, `explained: ${conf}`);
  }
});
