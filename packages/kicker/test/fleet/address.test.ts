import t from 'tap';
import { assert, property, string } from 'fast-check';
import { isIp, readAddress } from '../../src/fleet/address.ts';

const good: [string, string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['web1', 'web1'],
  ['web_1.example.com', 'web_1.example.com'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:DB8:0:0:0:0:0:1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[fe80::1%eth0]', 'fe80::1%eth0'],
];
for (const [text, address] of good) {
  t.strictSame(readAddress(text), { kind: 'address', address }, text);
}

const url = 'it is a URL';
const mask = 'it has a mask';
const port = 'it has a port';
const character = 'it has a character that no address has';
const bad: [string, string, string | undefined][] = [
  ['https://web1.example.com/', url, 'web1.example.com'],
  ['HTTP://web1:8080/x?y#z', url, 'web1'],
  ['https://ada:secret@web1/', url, 'web1'],
  ['http://[2001:db8::1]:8080/', url, '2001:db8::1'],
  ['http:///x', url, undefined],
  ['http://a b/', url, undefined],
  ['10.0.0.1/24', mask, '10.0.0.1'],
  ['10.0.0.1/255.255.255.0', mask, '10.0.0.1'],
  ['2001:db8::1/64', mask, '2001:db8::1'],
  ['192.0.2.1:8443', port, '192.0.2.1'],
  ['web1:8443', port, 'web1'],
  ['[2001:db8::1]:8443', port, '2001:db8::1'],
  ['a:1:2', 'it is no IPv6 address', undefined],
  ['52:54:00:12:34:56', 'it is no IPv6 address', undefined],
  ['2001:db8::1::2', 'it is no IPv6 address', undefined],
  [':80', 'it is no IPv6 address', undefined],
  ['a:', 'it is no IPv6 address', undefined],
  ['[web1]', character, undefined],
  ['[2001:db8::1', character, undefined],
  ['web1 ', character, undefined],
  ['a b', character, undefined],
  ['web1,web2', character, undefined],
  ['web1/x', character, undefined],
  ['*', character, undefined],
  ['-oProxyCommand=x', character, undefined],
  ['', character, undefined],
];
for (const [text, why, instead] of bad) {
  t.strictSame(
    readAddress(text),
    { kind: 'none', why, ...(instead === undefined ? {} : { instead }) },
    text,
  );
}

t.test('what is an IP address', (t) => {
  for (const [text, wanted] of [
    ['192.0.2.11', true],
    ['2001:db8::1', true],
    ['web1', false],
    ['1.2.3', false],
    ['1.example.com', false],
    ['', false],
  ] as const) {
    t.equal(isIp(text), wanted, text);
  }
  t.end();
});

t.test('whatever the text: what may be meant is an address itself', (t) => {
  assert(
    property(string(), (text) => {
      const read = readAddress(text);
      const address = read.kind === 'address' ? read.address : read.instead;
      if (address === undefined) return true;
      const again = readAddress(address);
      return again.kind === 'address' && again.address === address;
    }),
  );
  t.end();
});
