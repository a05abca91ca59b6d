import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorize } from '../../packages/agent/src/acl/authorize.ts';
import { parseAcl } from '../../packages/agent/src/acl/parse.ts';
import { mutationsOf } from './mutations.ts';
import { expectTrue, type Target } from './target.ts';

const root = join(import.meta.dirname, '..', '..');
const words = [
  ...['path ', 'path ~ ', 'method ', 'auth ', 'environment ', 'allow '],
  ...['deny ', 'allow_ip ', 'deny_ip ', 'find, save', 'any', 'on', '*.a.b'],
  ...['/^a$/', '10.0.0.0/8', '10.0.*', '::/0', '\npath /\nallow a\n', '#'],
];
const callers = ['a.example.com', 'monitor.example.com', undefined];

/** Texts of Puppet's own corpus, and the sample that is shipped. */
function samples(): string[] {
  const file = join(root, 'packages/agent/test/acl/authconf-cases.json');
  const cases = JSON.parse(readFileSync(file, 'utf8')) as {
    conf: string | null;
  }[];
  const shipped = readFileSync(join(root, 'deploy/auth.conf.sample'), 'utf8');
  return [...cases.flatMap(({ conf }) => conf ?? []), shipped];
}

/** auth.conf: refused with places and remedies, or rules that answer every question. */
export const rules: Target = {
  name: 'rules',
  inputs: mutationsOf(samples(), words),
  batch: 300,
  play: (input) => {
    const text = Buffer.from(input).toString('utf8');
    const parsed = parseAcl(text, 'auth.conf', { anyCertname: false });
    if (parsed.kind === 'faults') {
      expectTrue(parsed.faults.length > 0, 'refused without a fault');
      for (const { message, remedy } of parsed.faults)
        expectTrue(isPrintable(message + remedy), `raw text: ${message}`);
      return;
    }
    for (const certname of callers) {
      const { decision, reason } = authorize(parsed.acl, {
        path: '/run/x',
        method: 'save',
        certname,
        ip: '10.0.0.5',
        environment: 'production',
      });
      expectTrue(isPrintable(reason), `raw text: ${reason}`);
      const isAllowed = decision === 'allow';
      expectTrue(certname !== undefined || !isAllowed, 'nobody was let in');
    }
  },
};

/** Nothing that moves a cursor, turns the direction of writing or is not seen. */
export const isPrintable = (text: string): boolean =>
  !/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(text);
