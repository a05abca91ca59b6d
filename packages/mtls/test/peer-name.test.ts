import t from 'tap';
import { peerName } from '../src/peer-name.ts';

const web1 = 'web1.example.com';

t.test('exactly one name, and among the DNS names where there are any', (t) => {
  const cases: [commonName: unknown, subjectAltName: string | undefined][] = [
    [web1, undefined],
    [[web1], undefined],
    [web1, ''],
    [web1, 'IP Address:192.0.2.1'],
    [web1, 'URI:x, IP Address:192.0.2.1'],
    [web1, `DNS:${web1}`],
    [web1, `DNS:puppet, DNS:${web1}`],
    [web1, `IP Address:192.0.2.1, DNS:${web1}, DNS:puppet`],
    [web1, `DNS:"a, b", DNS:${web1}`],
    [web1, String.raw`DNS:"a\", b", DNS:${web1}`],
    [web1, String.raw`DNS:"a\\", DNS:${web1}`],
  ];
  for (const [commonName, subjectAltName] of cases)
    t.strictSame(
      peerName({ commonName, subjectAltName }),
      { kind: 'certname', certname: web1 },
      subjectAltName ?? 'none',
    );
  t.end();
});

t.test('refused for its CN, whatever the DNS names are', (t) => {
  const cases: [unknown, string, reason: string, shown: string][] = [
    [
      [web1, web1],
      'PEER_NAME_AMBIGUOUS',
      `several CNs: ${web1} + ${web1}`,
      `${web1} + ${web1}`,
    ],
    [[web1, 5], 'PEER_NAME_AMBIGUOUS', `several CNs: ${web1} + `, `${web1} + `],
    [[], 'PEER_NAME_INVALID', 'no CN', ''],
    [undefined, 'PEER_NAME_INVALID', 'no CN', ''],
    [5, 'PEER_NAME_INVALID', 'no CN', ''],
    ['', 'PEER_NAME_INVALID', 'no CN', ''],
    [
      'WEB1.example.com',
      'PEER_NAME_INVALID',
      'CN WEB1.example.com is not a certname',
      'WEB1.example.com',
    ],
    [
      '*.example.com',
      'PEER_NAME_INVALID',
      'CN *.example.com is not a certname',
      '*.example.com',
    ],
    [
      'web1\u001b',
      'PEER_NAME_INVALID',
      String.raw`CN web1\u{1b} is not a certname`,
      String.raw`web1\u{1b}`,
    ],
  ];
  for (const [commonName, code, reason, shown] of cases)
    for (const subjectAltName of [undefined, `DNS:${web1}`])
      t.strictSame(
        peerName({ commonName, subjectAltName }),
        { kind: 'refused', code, reason, shown },
        reason,
      );
  t.end();
});

t.test('refused where its DNS names are others', (t) => {
  const cases: [subjectAltName: string, names: string][] = [
    ['DNS:puppet', 'puppet'],
    ['DNS:puppet, DNS:web2.example.com', 'puppet, web2.example.com'],
    ['IP Address:192.0.2.1, DNS:puppet', 'puppet'],
    [`DNS:a.${web1}`, `a.${web1}`],
    ['DNS:*.example.com', '*.example.com'],
    ['DNS:WEB1.example.com', 'WEB1.example.com'],
    [`DNS:"${web1}"`, `"${web1}"`],
    [`DNS:"a, DNS:${web1}"`, `"a, DNS:${web1}"`],
    [
      String.raw`DNS:"a\", DNS:${web1}, DNS:b"`,
      String.raw`"a\", DNS:${web1}, DNS:b"`,
    ],
    [`URI:"a, DNS:${web1}", DNS:puppet`, 'puppet'],
  ];
  for (const [subjectAltName, names] of cases)
    t.strictSame(
      peerName({ commonName: web1, subjectAltName }),
      {
        kind: 'refused',
        code: 'PEER_NAME_NOT_IN_SAN',
        reason: `CN ${web1} is not among the DNS names ${names}`,
        shown: web1,
      },
      subjectAltName,
    );
  t.end();
});
