import * as fc from 'fast-check';
import { BlockList, isIP } from 'node:net';
import t from 'tap';
import {
  networkKey,
  parseAddress,
  parseNetwork,
} from '../../src/acl/addresses.ts';

void t.test(
  'an address is read in each of its spellings, and no other text is',
  async (t) => {
    const five = parseAddress('10.0.0.5');
    t.same(five, { family: 4, length: 32, prefix: 0x0a000005n });
    for (const text of [
      '::ffff:10.0.0.5',
      '::FFFF:a00:5',
      '0:0:0:0:0:ffff:a00:5',
    ]) {
      t.same(parseAddress(text), five, text);
    }
    t.same(parseAddress('::1'), { family: 6, length: 128, prefix: 1n });
    for (const text of [
      '',
      '10.0.0',
      '10.0.0.05',
      '10.0.0.256',
      ' 10.0.0.5',
      '10.0.0.5\n',
      'fe80::1%eth0',
      '::ffff:10.0.0.05',
      ':::',
      '1:2',
      '[::1]',
      '0x7f000001',
    ]) {
      t.equal(parseAddress(text), undefined, JSON.stringify(text));
    }
  },
);

void t.test(
  'whatever node:net takes for an address is read, and nothing else',
  async () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.stringMatching(/^[0-9a-f:.]{1,20}$/),
    );
    fc.assert(
      fc.property(
        text,
        (text) => (parseAddress(text) !== undefined) === isIP(text) > 0,
      ),
      { numRuns: 5000 },
    );
  },
);

void t.test('an address lies in a network as node:net says', async () => {
  const within = (
    network: string,
    bits: number,
    ip: string,
    family: 'ipv4' | 'ipv6',
  ): boolean => {
    const rule = parseNetwork(`${network}/${bits}`);
    const peer = parseAddress(ip);
    if (rule === undefined || peer === undefined || rule.family !== peer.family)
      return false;
    const list = new BlockList();
    list.addSubnet(network, bits, family);
    const isIn =
      networkKey(rule, rule.length) === networkKey(peer, rule.length);
    return isIn === list.check(ip, family);
  };
  fc.assert(
    fc.property(
      fc.ipV4(),
      fc.integer({ min: 0, max: 32 }),
      fc.ipV4(),
      (n, bits, ip) =>
        within(n, bits, ip, 'ipv4') && within(ip, bits, ip, 'ipv4'),
    ),
  );
  const v6 = fc
    .array(fc.integer({ min: 1, max: 3 }), { minLength: 8, maxLength: 8 })
    .map((groups) => groups.join(':'));
  fc.assert(
    fc.property(v6, fc.integer({ min: 0, max: 128 }), v6, (n, bits, ip) =>
      within(n, bits, ip, 'ipv6'),
    ),
  );
});
