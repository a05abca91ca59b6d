import { createPki } from '@kickd/testkit';
import t from 'tap';
import { scanPem, toPem, type PemBlock } from '../src/pem.ts';
import { findCrls, notUnderstood, readCrlEntries } from '../src/read-crls.ts';
import { integerOf, signOddCrl } from './odd-crl.ts';

const pki = createPki({ tier: 'single' });
const numbered = (number: number): string => signOddCrl(pki, { number });
const blocksOf = (text: string): PemBlock[] => scanPem(text, () => true).blocks;
const damaged = toPem('X509 CRL', Buffer.from('3000', 'hex'));
/** What tells one from another. */
const told = (
  crls: ReturnType<typeof findCrls>,
): [number, bigint | undefined, string][] =>
  crls.map(({ nth, facts, pem }) => [nth, facts.number, pem]);

const [one, two] = [numbered(1), numbered(2)];

t.test('the CRLs of the blocks of a file, in order', (t) => {
  t.strictSame(told(readCrlEntries(blocksOf(one + two), 'crl.pem')), [
    [1, 1n, one],
    [2, 2n, two],
  ]);
  t.strictSame(readCrlEntries([], 'crl.pem'), []);
  t.end();
});

t.test('one of them that is damaged, by its place', (t) => {
  t.throws(() => readCrlEntries(blocksOf(one + damaged + two), 'crl.pem'), {
    name: 'Fault',
    code: 'CRL_DAMAGED',
    message: 'CRL 2 of crl.pem cannot be read as a CRL',
    cause: { message: 'not a CRL' },
  });
  t.end();
});

t.test('whatever can be read as a CRL in some bytes', (t) => {
  const der = blocksOf(two)[0]?.der ?? Buffer.of();
  const cases: [string, Buffer, [number, bigint, string][]][] = [
    ['nothing', Buffer.of(), []],
    ['a comment', Buffer.from('# none\n'), []],
    [
      'two',
      Buffer.from(one + two),
      [
        [1, 1n, one],
        [2, 2n, two],
      ],
    ],
    ['one beside damage', Buffer.from(damaged + two), [[2, 2n, two]]],
    [
      'one before a cut one',
      Buffer.from(one + two.slice(0, -40)),
      [[1, 1n, one]],
    ],
    ['one behind a certificate', Buffer.from(pki.ca + one), [[1, 1n, one]]],
    [
      'a key and a certificate',
      Buffer.from(pki.ca + (pki.stored().cas[0]?.key ?? '')),
      [],
    ],
    [
      'one of another label',
      Buffer.from(two.replaceAll('X509 CRL', 'CERTIFICATE')),
      [],
    ],
    ['DER', der, [[1, 2n, two]]],
    ['DER of something else', Buffer.from('3000', 'hex'), []],
    ['DER that is cut', der.subarray(0, -1), []],
  ];
  for (const [what, content, wanted] of cases)
    t.strictSame(told(findCrls(content)), wanted, what);
  t.end();
});

t.test('why one covers nobody', (t) => {
  const delta = signOddCrl(pki, {
    extensions: [['2.5.29.27', true, integerOf(1)]],
  });
  const [, strange] = readCrlEntries(blocksOf(one + delta), 'crl.pem');
  if (strange === undefined) throw new Error('no second CRL');
  const message =
    'CRL 2 of crl.pem, of Puppet CA: puppet.example.com, covers nobody: critical extension 2.5.29.27 (delta CRL indicator): it is a delta CRL, which holds only what changed';
  const needed = notUnderstood('crl.pem', strange, true);
  const spare = notUnderstood('crl.pem', strange, false);
  for (const facts of [needed, spare])
    t.match(facts, { code: 'CRL_NOT_UNDERSTOOD', message });
  t.not(needed.remedy, spare.remedy);
  t.end();
});
