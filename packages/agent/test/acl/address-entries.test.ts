import t from 'tap';
import {
  addAddress,
  createAddressEntries,
  judgeAddress,
  type AddressEntries,
} from '../../src/acl/address-entries.ts';
import { parseNetwork } from '../../src/acl/addresses.ts';
import type { Entry } from '../../src/acl/entry.ts';

/** Each line is `allow_ip NETWORK` or `deny_ip NETWORK`. */
function entriesOf(...lines: string[]): AddressEntries {
  const entries = createAddressEntries();
  for (const [index, text] of lines.entries()) {
    const network = parseNetwork(text.split(' ')[1] ?? '');
    if (network === undefined) throw new Error(text);
    addAddress(entries, network, entryOf(text, index + 1));
  }
  return entries;
}

const entryOf = (text: string, line: number): Entry => ({
  verdict: text.startsWith('deny') ? 'deny' : 'allow',
  text,
  line,
});
/** The line whose entry speaks; 0 when none does. */
const speaks = (entries: AddressEntries, ip?: string): number =>
  judgeAddress(entries, ip)?.entry.line ?? 0;

t.test('entries are filed by family, length and prefix', (t) => {
  const empty = {
    byNetwork: new Map(),
    lengths: { 4: new Set(), 6: new Set() },
  };
  t.strictSame(createAddressEntries(), empty);
  const lines = ['allow_ip 10.0.0.0/8', 'deny_ip ::1', 'deny_ip 10.0.0.5'];
  const [net, one, five] = lines.map((text, n) => entryOf(text, n + 1));
  t.strictSame(entriesOf(...lines), {
    byNetwork: new Map([
      ['4/8/a', net],
      ['6/128/1', one],
      ['4/32/a000005', five],
    ]),
    lengths: { 4: new Set([8, 32]), 6: new Set([128]) },
    firstDeny: one,
  });
  t.notHas(entriesOf('allow_ip ::1'), { firstDeny: {} });
  t.end();
});

t.test('the longest prefix speaks, with its verdict', (t) => {
  const entries = entriesOf(
    'allow_ip 10.0.0.0/8',
    'deny_ip 10.1.0.0/16',
    'allow_ip 10.1.1.1',
    'deny_ip 0.0.0.0/0',
    'allow_ip 2001:db8::/32',
  );
  const rows: [ip: string, line: number][] = [
    ['10.1.1.1', 3],
    ['10.1.1.2', 2],
    ['10.2.0.1', 1],
    ['11.0.0.1', 4],
    ['::ffff:10.1.1.1', 3],
    ['2001:db8::1', 5],
    ['2001:db9::1', 0],
  ];
  for (const [ip, line] of rows) t.equal(speaks(entries, ip), line, ip);
  t.strictSame(judgeAddress(entries, '10.1.1.2'), {
    verdict: 'deny',
    entry: entryOf('deny_ip 10.1.0.0/16', 2),
  });
  t.strictSame(judgeAddress(entries, '10.2.0.1'), {
    verdict: 'allow',
    entry: entryOf('allow_ip 10.0.0.0/8', 1),
  });
  t.equal(judgeAddress(entries, '2001:db9::1'), undefined);
  t.end();
});

t.test('in whatever order the lengths were written', (t) => {
  const wideFirst = entriesOf('allow_ip 10.*', 'deny_ip 10.0.0.5');
  const wideLast = entriesOf('deny_ip 10.0.0.5', 'allow_ip 10.*');
  t.equal(speaks(wideFirst, '10.0.0.5'), 2);
  t.equal(speaks(wideLast, '10.0.0.5'), 1);
  t.end();
});

t.test('of two entries for one network the deny speaks', (t) => {
  for (const lines of [
    ['allow_ip 10.*', 'deny_ip 10.0.0.0/8'],
    ['deny_ip 10.*', 'allow_ip 10.0.0.0/8'],
  ]) {
    t.equal(judgeAddress(entriesOf(...lines), '10.0.0.1')?.verdict, 'deny');
  }
  t.end();
});

t.test('a caller whose address is not known meets the first deny', (t) => {
  const entries = entriesOf(
    'allow_ip 0.0.0.0/0',
    'deny_ip ::1',
    'deny_ip 10.*',
  );
  for (const ip of [undefined, '', 'fe80::1%eth0', '10.0.0.05']) {
    t.strictSame(judgeAddress(entries, ip), {
      verdict: 'deny',
      entry: entryOf('deny_ip ::1', 2),
      because: 'the address of the caller is not known',
    });
    t.equal(judgeAddress(entriesOf('allow_ip 0.0.0.0/0'), ip), undefined);
  }
  t.end();
});
