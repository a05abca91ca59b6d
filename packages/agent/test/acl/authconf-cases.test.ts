import { readFileSync } from 'node:fs';
import t from 'tap';
import { authorize } from '../../src/acl/authorize.ts';
import { parseAcl } from '../../src/acl/parse.ts';
import { isAclMethod } from '../../src/acl/request.ts';

interface Case {
  id: string;
  /** null: there is no file */
  conf: string | null;
  request: {
    certname: string | null;
    ip: string;
    method: string;
    path: string;
    environment: string;
  };
  /** what Puppet 3.8.7 answered */
  puppet: string;
  /** what we must answer; several joined by | are each acceptable */
  kickd: string;
  differs?: string;
}

const file = new URL('authconf-cases.json', import.meta.url);
// The shape is the file's own; a case that lacks a field fails its assertion.
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];

function decide({ conf, request }: Case): string {
  if (!isAclMethod(request.method)) return 'error';
  if (conf === null) return 'deny';
  const parsed = parseAcl(conf, 'auth.conf', { anyCertname: true });
  if (parsed.kind === 'faults') return 'error';
  const { method, path, ip, environment } = request;
  const certname = request.certname ?? undefined;
  const asked = { method, path, ip, environment, certname };
  return authorize(parsed.acl, asked).decision;
}

void t.test(
  'each case of real auth.conf files is answered as the design says',
  async (t) => {
    t.equal(cases.length, 150);
    for (const one of cases) {
      const got = decide(one);
      t.ok(one.kickd.split('|').includes(got), `${one.id}: ${got}`);
    }
  },
);

void t.test(
  'where the design names no difference, the answer is Puppet’s',
  async (t) => {
    for (const one of cases.filter(({ differs }) => differs === undefined)) {
      t.equal(decide(one), one.puppet, one.id);
    }
  },
);

void t.test(
  'no case is answered wider than by Puppet, but for texts it could not load',
  async (t) => {
    const harmless = new Set(['K04-indented-path', 'K20-bom']);
    for (const one of cases.filter(({ id }) => !harmless.has(id))) {
      if (decide(one) === 'allow') t.equal(one.puppet, 'allow', one.id);
    }
  },
);
