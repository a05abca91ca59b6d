import * as fc from 'fast-check';
import t from 'tap';
import { authorize, type AclRequest } from '../../src/acl/authorize.ts';
import { parseAcl } from '../../src/acl/parse.ts';

/**
 * Two oracles, written from the pages and not from the code: Puppet 3.8.7's engine, to show that no
 * answer is wider than Puppet's, and the design's own words about names and addresses.
 */
interface Rule {
  keyword: 'allow' | 'deny' | 'allow_ip' | 'deny_ip';
  pattern: string;
}
interface Block {
  path: string;
  methods: string[];
  environments: string[];
  rules: Rule[];
}

const labels = ['a', 'b', 'ab'];
const name = fc
  .array(fc.constantFrom(...labels), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('.'));
const namePattern = fc.oneof(
  { weight: 4, arbitrary: name },
  { weight: 3, arbitrary: name.map((domain) => `*.${domain}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('*', '/^a/', '/b$/', '/^ab\\./', '/\\.a$|^b/'),
  },
);
const address = fc
  .tuple(
    fc.constantFrom(10, 11),
    fc.constantFrom(0, 1, 128),
    fc.constantFrom(4, 5),
  )
  .map(([one, two, four]) => `${one}.${two}.0.${four}`);
const addressPattern = fc.oneof(
  address,
  fc
    .tuple(address, fc.constantFrom(0, 7, 8, 9, 16, 24, 31, 32))
    .map(([ip, bits]) => `${ip}/${bits}`),
  fc.constantFrom('10.*', '11.*', '10.0.*', '10.1.0.*'),
);
const nameRule = fc.record<Rule>({
  keyword: fc.constantFrom('allow', 'deny'),
  pattern: namePattern,
});
const addressRule = fc.record<Rule>({
  keyword: fc.constantFrom('allow_ip', 'deny_ip'),
  pattern: addressPattern,
});
const reference = fc.record<Rule>({
  keyword: fc.constantFrom('allow', 'deny'),
  pattern: fc.constantFrom('$1', '$1.a', '*.$1', 'b.$1', '$10'),
});
const common = {
  methods: fc.subarray(['find', 'save']),
  environments: fc.subarray(['production', 'test']),
};
const literalBlock = fc.record<Block>({
  ...common,
  path: fc.constantFrom('/', '/run', '/run/', '/run/a', '/running', '/r'),
  rules: fc.array(fc.oneof(nameRule, addressRule), { maxLength: 5 }),
});
const regexBlock = fc.record<Block>({
  ...common,
  path: fc.constantFrom(
    '~ ^/run/([^/]+)$',
    '~ ^/run/(.*)',
    '~ ^/run(?:/(a+))?',
    '~ (b?)$',
  ),
  rules: fc.array(fc.oneof(nameRule, addressRule, reference), { maxLength: 5 }),
});
const file = fc.array(fc.oneof(literalBlock, regexBlock), {
  minLength: 1,
  maxLength: 4,
});
const request = fc.record<AclRequest>({
  path: fc.constantFrom(
    '/run',
    '/run/',
    '/run/a',
    '/run/a.b',
    '/run/ab',
    '/run/B.a',
    '/running',
    '/runs',
    '/run/*.a',
    '/run//.*/',
    '/run/+',
    '/status',
  ),
  method: fc.constantFrom('find', 'save'),
  certname: fc.oneof(
    name,
    name.map((text) => text.toUpperCase()),
  ),
  ip: fc.oneof(
    address,
    address.map((ip) => ip),
  ),
  environment: fc.constantFrom('production', 'test', 'other'),
});

function textOf(blocks: Block[]): string {
  return blocks
    .flatMap(({ path, methods, environments, rules }) => [
      `path ${path}`,
      ...(methods.length > 0 ? [`method ${methods.join(', ')}`] : []),
      ...(environments.length > 0
        ? [`environment ${environments.join(', ')}`]
        : []),
      ...rules.map(({ keyword, pattern }) => `${keyword} ${pattern}`),
    ])
    .join('\n');
}

// --- Puppet 3.8.7, from puppet-kick.md section 3 ---

interface Declaration {
  keyword: Rule['keyword'];
  kind: 'ip' | 'domain' | 'opaque' | 'regex' | 'dynamic';
  isExact: boolean;
  length: number | undefined;
  text: string;
}
class PuppetFails extends Error {}
const cannotSort = 'a wildcard and a regex cannot be sorted';

function declare(keyword: Rule['keyword'], text: string): Declaration {
  const make = (
    kind: Declaration['kind'],
    isExact: boolean,
    length?: number,
  ): Declaration => ({ keyword, kind, isExact, length, text });
  if (keyword.endsWith('_ip')) {
    if (text.includes('/'))
      return make('ip', false, Number(text.split('/')[1]));
    if (text.endsWith('*'))
      return make('ip', false, 8 * (text.split('.').length - 1));
    return make('ip', true);
  }
  if (/^(\w[-\w]*\.)+[-\w]+$/.test(text)) return make('domain', true);
  if (/^\*(\.(\w[-\w]*))+$/.test(text))
    return make('domain', false, text.split('.').length - 1);
  if (/\$\d+/.test(text)) return make('dynamic', true);
  if (/^\w[-.@\w]*$/.test(text)) return make('opaque', true);
  if (/^\/.*\/$/.test(text)) return make('regex', false);
  throw new PuppetFails(text);
}

function compare(one: Declaration, other: Declaration): number {
  const first = (a: boolean, b: boolean): number => (a === b ? 0 : a ? -1 : 1);
  const isDeny = ({ keyword }: Declaration): boolean => keyword === 'deny';
  const byClass =
    first(one.isExact, other.isExact) ||
    first(one.kind === 'ip', other.kind === 'ip');
  if (byClass !== 0) return byClass;
  if (
    one.length !== undefined &&
    other.length !== undefined &&
    one.length !== other.length
  )
    return other.length - one.length;
  const byVerdict = first(isDeny(one), isDeny(other));
  if (byVerdict !== 0) return byVerdict;
  if ((one.kind === 'regex') !== (other.kind === 'regex'))
    throw new PuppetFails(cannotSort);
  return 0;
}

function bitsOf(ip: string): string {
  return ip
    .split('.')
    .map((octet) => Number(octet).toString(2).padStart(8, '0'))
    .join('');
}

function ipMatches(pattern: string, ip: string): boolean {
  if (pattern.endsWith('*')) return ip.startsWith(pattern.slice(0, -1));
  const [network = '', bits = '32'] = pattern.split('/');
  return (
    bitsOf(ip).slice(0, Number(bits)) === bitsOf(network).slice(0, Number(bits))
  );
}

function matches(
  { kind, isExact, text }: Declaration,
  certname: string,
  ip: string,
): boolean {
  const folded = certname.toLowerCase();
  if (kind === 'ip') return ipMatches(text, ip);
  if (kind === 'regex') return new RegExp(text.slice(1, -1)).test(certname);
  if (kind === 'opaque') return text === folded;
  const pattern = text.toLowerCase();
  if (isExact) return pattern === folded;
  return folded === pattern.slice(2) || folded.endsWith(pattern.slice(1));
}

function puppet(blocks: Block[], asked: AclRequest): boolean {
  const { certname = '', ip = '', environment = '' } = asked;
  for (const { path, methods, environments, rules } of blocks) {
    const captures = path.startsWith('~ ')
      ? new RegExp(path.slice(2)).exec(asked.path)
      : asked.path.startsWith(path)
        ? [path]
        : null;
    if (captures === null) continue;
    if (methods.length > 0 && !methods.includes(asked.method)) continue;
    if (environments.length > 0 && !environments.includes(environment))
      continue;
    if (
      rules.some(
        ({ keyword, pattern }) => keyword === 'allow' && pattern === '*',
      )
    )
      return true;
    const declarations = rules
      .filter(({ pattern }) => pattern !== '*') // `deny *`: Puppet could not load it; left out, the oracle is wider
      .map(({ keyword, pattern }) => {
        const declared = declare(keyword, pattern);
        if (declared.kind !== 'dynamic') return declared;
        return declare(
          keyword,
          pattern
            .toLowerCase()
            .replace(
              /\$(\d)/g,
              (_, digit: string) => captures[Number(digit)] ?? '',
            ),
        );
      });
    const sorted = declarations.toSorted(compare);
    return (
      sorted
        .find((one) => matches(one, certname, ip))
        ?.keyword.startsWith('allow') ?? false
    );
  }
  return false;
}

/** Pairs that Puppet could not sort may go unseen by a sort: any such pair is a failure to load. */
function canPuppetLoad(blocks: Block[]): boolean {
  return blocks.every(({ rules }) =>
    (['allow', 'deny'] as const).every((verdict) => {
      const inexact = rules.filter(
        ({ keyword, pattern }) =>
          keyword === verdict && /^(\*\.|\/)/.test(pattern),
      );
      return (
        new Set(inexact.map(({ pattern }) => pattern.startsWith('/'))).size < 2
      );
    }),
  );
}

void t.test('nobody is let in whom Puppet would refuse', async (t) => {
  let allowed = 0;
  fc.assert(
    fc.property(file, request, (blocks, asked) => {
      const parsed = parseAcl(textOf(blocks), 'auth.conf', {
        anyCertname: true,
      });
      if (parsed.kind === 'faults')
        throw new Error(JSON.stringify(parsed.faults));
      if (
        !canPuppetLoad(blocks) ||
        authorize(parsed.acl, asked).decision === 'deny'
      )
        return true;
      allowed += 1;
      try {
        return puppet(blocks, asked);
      } catch (error) {
        // A wildcard beside a regex is harmless; Puppet just could not sort the two.
        if (error instanceof PuppetFails) return error.message === cannotSort;
        throw error;
      }
    }),
    { numRuns: 30_000 },
  );
  t.ok(allowed > 1000, `${allowed} requests were allowed`);
});

// --- the design's own words about what happens inside a stanza ---

type Word = 'allow' | 'deny' | 'silent';

function speaks(found: { verdict: 'allow' | 'deny'; rank: number }[]): Word {
  const top = Math.max(...found.map(({ rank }) => rank));
  const verdicts = found
    .filter(({ rank }) => rank === top)
    .map(({ verdict }) => verdict);
  if (verdicts.length === 0) return 'silent';
  return verdicts.includes('deny') ? 'deny' : 'allow';
}

function expected(
  rules: Rule[],
  certname: string,
  ip: string,
): 'allow' | 'deny' {
  const verdictOf = ({ keyword }: Rule) =>
    keyword.startsWith('allow') ? ('allow' as const) : ('deny' as const);
  const named = rules.filter(({ keyword }) => !keyword.endsWith('_ip'));
  const folded = certname.toLowerCase();
  const names = named.flatMap((rule) => {
    const { pattern } = rule;
    const verdict = verdictOf(rule);
    if (pattern === '*') return [{ verdict, rank: 0 }];
    if (pattern.startsWith('*.')) {
      const isBelow = `.${folded}`.endsWith(pattern.slice(1));
      return isBelow ? [{ verdict, rank: pattern.split('.').length }] : [];
    }
    if (pattern.startsWith('/')) return [];
    return pattern === folded ? [{ verdict, rank: 1000 }] : [];
  });
  const regexes = named
    .filter(
      ({ pattern }) =>
        pattern.startsWith('/') &&
        new RegExp(pattern.slice(1, -1)).test(certname),
    )
    .map(verdictOf);
  const wild = speaks(names.filter(({ rank }) => rank > 0));
  const isExact = names.some(({ rank }) => rank === 1000);
  // A wildcard and a regex cannot be compared: a deny of either speaks.
  const isSettled = isExact || regexes.length === 0;
  const name: Word = isSettled
    ? speaks(names)
    : wild === 'deny' || regexes.includes('deny')
      ? 'deny'
      : 'allow';
  const address = speaks(
    rules
      .filter(
        ({ keyword, pattern }) =>
          keyword.endsWith('_ip') && ipMatches(pattern, ip),
      )
      .map((rule) => {
        const { pattern } = rule;
        const bits = pattern.endsWith('*')
          ? 8 * (pattern.split('.').length - 1)
          : Number(pattern.split('/')[1] ?? 32);
        return { verdict: verdictOf(rule), rank: bits };
      }),
  );
  if (name === 'deny' || address === 'deny') return 'deny';
  return name === 'allow' || address === 'allow' ? 'allow' : 'deny';
}

void t.test(
  'inside a stanza the most specific name and the most specific address speak',
  async () => {
    const rules = fc.array(fc.oneof(nameRule, addressRule), { maxLength: 8 });
    fc.assert(
      fc.property(
        rules,
        fc.oneof(
          name,
          name.map((text) => text.toUpperCase()),
        ),
        address,
        fc.boolean(),
        (rules, certname, ip, isMapped) => {
          const block = { path: '/run', methods: [], environments: [], rules };
          const parsed = parseAcl(textOf([block]), 'auth.conf', {
            anyCertname: true,
          });
          if (parsed.kind === 'faults')
            throw new Error(JSON.stringify(parsed.faults));
          const peer = isMapped ? `::ffff:${ip}` : ip;
          const got = authorize(parsed.acl, {
            path: '/run',
            method: 'save',
            certname,
            ip: peer,
          });
          return got.decision === expected(rules, certname, ip);
        },
      ),
      { numRuns: 30_000 },
    );
  },
);
