import t from 'tap';
import { assert, property, string } from 'fast-check';
import { findTarget, findTargets } from '../../src/fleet/target.ts';

const hosts = {
  Web1: { certname: 'web1.example.com', address: '192.0.2.1', port: 9139 },
  db: { certname: 'db1.example.com' },
  Tür: { certname: 'door.example.com', address: '192.0.2.7' },
};

const good: [string, string | undefined, string, string, number][] = [
  ['Web1', undefined, 'web1.example.com', '192.0.2.1', 9139],
  ['Web1', '198.51.100.9', 'web1.example.com', '192.0.2.1', 9139],
  ['web1', undefined, 'web1', 'web1', 8139],
  ['db', '198.51.100.9', 'db1.example.com', '198.51.100.9', 8139],
  ['db', undefined, 'db1.example.com', 'db1.example.com', 8139],
  ['WEB2.Example.COM', undefined, 'web2.example.com', 'web2.example.com', 8139],
  ['web2', '2001:db8::1', 'web2', '2001:db8::1', 8139],
  ['web2', '[2001:db8::1]', 'web2', '2001:db8::1', 8139],
  ['Tür', undefined, 'door.example.com', '192.0.2.7', 8139],
  ['T\ueffcr', undefined, 'door.example.com', '192.0.2.7', 8139],
  ['constructor', undefined, 'constructor', 'constructor', 8139],
];
for (const [name, given, certname, address, port] of good) {
  t.strictSame(
    findTarget(name, hosts, 8139, given),
    { kind: 'target', target: { name, certname, address, port } },
    name,
  );
}

const bad: [string, string | undefined, string][] = [
  ['', undefined, 'HOST_EMPTY'],
  ['   ', undefined, 'HOST_EMPTY'],
  ['*', undefined, 'HOST_WILDCARD'],
  ['*.example.com', undefined, 'HOST_WILDCARD'],
  ['web?', undefined, 'HOST_WILDCARD'],
  ['web 1', undefined, 'HOST_INVALID'],
  ['-web1', undefined, 'HOST_INVALID'],
  ['../etc', undefined, 'HOST_INVALID'],
  ['wéb1', undefined, 'HOST_INVALID'],
  ['T\ueff6r', undefined, 'HOST_INVALID'],
  ['web1\n', undefined, 'HOST_INVALID'],
  ['web1', 'a b', 'ADDRESS_INVALID'],
  ['web1', '192.0.2.1:8443', 'ADDRESS_INVALID'],
  ['web1', '192.0.2.1/24', 'ADDRESS_INVALID'],
  ['web1', '-oProxyCommand=x', 'ADDRESS_INVALID'],
];
for (const [name, address, code] of bad) {
  const found = findTarget(name, hosts, 8139, address);
  t.equal(
    found.kind === 'fault' && found.fault.code,
    code,
    JSON.stringify(name),
  );
}

void t.test('what is wrong with an address, and what to write', async (t) => {
  for (const [address, message, instead] of [
    [
      'https://web1.example.com/',
      'https://web1.example.com/ is not an address: it is a URL',
      'web1.example.com',
    ],
    [
      'a b',
      'a b is not an address: it has a character that no address has',
      'web1',
    ],
    ['[::1]:80', '[::1]:80 is not an address: it has a port', '::1'],
  ] as const) {
    t.match(
      findTarget('Web1 x', { 'Web1 x': { certname: 'web1' } }, 8139, address),
      {
        kind: 'fault',
        fault: {
          message,
          remedy: `say where it is, in kicker.yaml: hosts: {"Web1 x": {address: "${instead}"}}`,
        },
      },
    );
  }
});

void t.test('an empty list is never everything', async (t) => {
  t.match(findTargets([], hosts, 8139), {
    kind: 'faults',
    faults: [{ code: 'NO_HOSTS' }],
  });
});

void t.test('one wrong name: none is kicked, each is named', async (t) => {
  t.match(findTargets(['web1', '*', ''], hosts, 8139), {
    kind: 'faults',
    faults: [{ code: 'HOST_WILDCARD' }, { code: 'HOST_EMPTY' }],
  });
});

void t.test('the same host twice is one target', async (t) => {
  const found = findTargets(['db', 'db1.example.com', 'db'], hosts, 8139);
  t.equal(found.kind === 'targets' && found.targets.length, 1);
});

void t.test(
  'whatever the name: one target with a certname, or a fault',
  async () => {
    assert(
      property(string(), (name) => {
        const found = findTarget(name, hosts, 8139);
        return (
          found.kind === 'fault' ||
          /^[a-z0-9][a-z0-9._-]*$/.test(found.target.certname)
        );
      }),
    );
  },
);
