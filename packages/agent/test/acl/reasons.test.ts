import t from 'tap';
import type { Stanza } from '../../src/acl/acl.ts';
import type { Voice } from '../../src/acl/entry.ts';
import {
  allowedBy,
  beside,
  deniedBy,
  noStanza,
  nobodySpeaks,
  type Asked,
} from '../../src/acl/reasons.ts';
import type { AclRequest } from '../../src/acl/request.ts';

const stanza: Stanza = {
  text: 'path /run',
  line: 3,
  path: { kind: 'literal', text: '/run' },
  methods: [],
  environments: [],
};
const asked = (more: Partial<AclRequest> = {}, file = 'auth.conf'): Asked => ({
  acl: { file, stanzas: [stanza], environments: [], entries: 1 },
  request: {
    path: '/run/web1.example.com',
    method: 'save',
    certname: 'Monitor.example.com',
    ...more,
  },
});
const voice = (verdict: Voice['verdict'], because?: string): Voice => ({
  verdict,
  entry: { verdict, text: `${verdict} *.example.com`, line: 4 },
  ...(because !== undefined && { because }),
});

t.test('an allow names the caller, its address and the entry', (t) => {
  t.strictSame(allowedBy(voice('allow'), stanza, asked()), {
    decision: 'allow',
    rule: 'path /run, allow *.example.com',
    file: 'auth.conf',
    line: 4,
    reason:
      'Monitor.example.com is let in by "allow *.example.com", and no deny fits better',
  });
  t.equal(
    allowedBy(voice('allow'), stanza, asked({ ip: '10.0.0.5' })).reason,
    'Monitor.example.com (10.0.0.5) is let in by "allow *.example.com", and no deny fits better',
  );
  t.end();
});

t.test('a deny names the entry and the line to change', (t) => {
  t.strictSame(deniedBy(voice('deny'), stanza, asked({ ip: '10.0.0.5' })), {
    decision: 'deny',
    rule: 'path /run, deny *.example.com',
    file: 'auth.conf',
    line: 4,
    reason:
      'Monitor.example.com (10.0.0.5) is kept out by "deny *.example.com"',
    isExplicit: true,
    remedy:
      'if the caller should be let in, remove or narrow line 4 of auth.conf',
  });
  t.equal(
    deniedBy(voice('deny', 'the address is not known'), stanza, asked()).reason,
    'the address is not known, so "deny *.example.com" keeps Monitor.example.com out',
  );
  t.end();
});

t.test('where no entry speaks the stanza is named', (t) => {
  t.strictSame(nobodySpeaks(stanza, asked()), {
    decision: 'deny',
    rule: 'path /run',
    file: 'auth.conf',
    line: 3,
    reason:
      'the stanza "path /run" decides, and none of its entries lets in Monitor.example.com',
    remedy:
      'if the caller should be let in, add below line 3 of auth.conf: allow monitor.example.com',
  });
  t.match(nobodySpeaks(stanza, asked({ certname: undefined })), {
    reason: /none of its entries lets in $/,
    remedy: /auth\.conf: allow $/,
  });
  t.end();
});

t.test('where no stanza fits the three lines to add are named', (t) => {
  t.strictSame(noStanza(asked()), {
    decision: 'deny',
    file: 'auth.conf',
    reason: 'no stanza of auth.conf fits /run/web1.example.com [save]',
    remedy:
      'if the caller should be let in, add to auth.conf: path /run / method save / allow monitor.example.com (each on a line of its own)',
  });
  t.equal(
    noStanza(asked({ environment: 'test' })).reason,
    'no stanza of auth.conf fits /run/web1.example.com [save] in the environment test',
  );
  t.match(noStanza(asked({ certname: undefined })), {
    remedy: / \/ allow {2}\(each/,
  });
  t.end();
});

t.test('one path serves the kicks of every host, others are named', (t) => {
  const rows: [path: string, method: AclRequest['method'], shown: string][] = [
    ['/run/web1.example.com', 'save', '/run'],
    ['/run/', 'save', '/run'],
    ['/run/web1.example.com', 'find', '/run/web1.example.com'],
    ['/runs', 'save', '/runs'],
    ['/a/run/', 'save', '/a/run/'],
    ['/status', 'find', '/status'],
  ];
  for (const [path, method, shown] of rows) {
    t.equal(
      noStanza(asked({ path, method })).remedy,
      `if the caller should be let in, add to auth.conf: path ${shown} / method ${method} / allow monitor.example.com (each on a line of its own)`,
    );
  }
  t.end();
});

t.test('a refusal of a stanza beside the path says so', (t) => {
  const refusal = deniedBy(voice('deny'), stanza, asked());
  const running = asked({ path: '/running', method: 'find' });
  t.strictSame(beside(refusal, stanza, running), {
    ...refusal,
    reason: `for Puppet "path /run" also covers /running and would refuse it: ${refusal.reason}`,
    remedy:
      'give the stanza at line 3 of auth.conf a method line that leaves out find, or move the stanza for /running above it',
  });
  t.end();
});

t.test('each text is printable and bounded', (t) => {
  const long = (chars: number): string => `${'a'.repeat(chars - 3)}...`;
  const wild = asked(
    {
      path: `/${'p'.repeat(200)}`,
      certname: `\n${'a'.repeat(300)}`,
      ip: `\n${'a'.repeat(300)}`,
      environment: 'a'.repeat(300),
    },
    'a\nb',
  );
  const wildStanza = { ...stanza, text: 'a'.repeat(400) };
  const wildVoice: Voice = {
    verdict: 'deny',
    entry: { verdict: 'deny', text: 'a'.repeat(400), line: 4 },
  };
  const name = `\\u{a}${long(248)}`;
  const path = `/${'p'.repeat(96)}...`;
  const who = `${name} (\\u{a}${long(55)})`;
  t.match(allowedBy(wildVoice, wildStanza, wild), {
    rule: `${long(300)}, ${long(300)}`,
    file: 'a\\u{a}b',
    reason: `${who} is let in by "${long(300)}", and no deny fits better`,
  });
  t.match(deniedBy(wildVoice, wildStanza, wild), {
    rule: `${long(300)}, ${long(300)}`,
    file: 'a\\u{a}b',
    reason: `${who} is kept out by "${long(300)}"`,
    remedy: 'remove or narrow line 4 of a\\u{a}b',
  });
  t.match(nobodySpeaks(wildStanza, wild), {
    rule: long(300),
    file: 'a\\u{a}b',
    reason: `the stanza "${long(300)}" decides, and none of its entries lets in ${who}`,
    remedy: `line 3 of a\\u{a}b: allow ${name}`,
  });
  t.match(noStanza(wild), {
    file: 'a\\u{a}b',
    reason: `no stanza of a\\u{a}b fits ${path} [save] in the environment ${long(64)}`,
    remedy: `add to a\\u{a}b: path ${path} / method save / allow ${name} (`,
  });
  t.match(beside(noStanza(wild), wildStanza, wild), {
    reason: `for Puppet "${long(300)}" also covers ${path} and would refuse it: no stanza`,
    remedy: `line 3 of a\\u{a}b a method line that leaves out save, or move the stanza for ${path} above it`,
  });
  t.end();
});
