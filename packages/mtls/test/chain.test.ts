import type { X509Certificate } from 'node:crypto';
import t from 'tap';
import { bestChain, casAbove } from '../src/chain.ts';
import type { CaEntry } from '../src/trust.ts';

/** A certificate of a graph, by who has signed it; certificates of one key have one. */
interface Node {
  id: string;
  signedBy: string[];
  key?: string;
  /** in days from now */
  from?: number;
  to?: number;
  hasNoCrl?: boolean;
}
const now = new Date('2026-11-01T00:00:00Z');
const inDays = (days: number): Date =>
  new Date(+now + days * 24 * 60 * 60 * 1000);

const entryOf = (node: Node): CaEntry => {
  const { id, signedBy, key = id, from = -10, to = 100 } = node;
  return {
    cert: {
      id,
      ca: true,
      validFromDate: inDays(from),
      validToDate: inDays(to),
      checkIssued: (ca: { id: string }) => signedBy.includes(ca.id),
      verify: () => true,
    },
    key: {},
    keyId: key,
    crl: node.hasNoCrl === true ? undefined : {},
  } as unknown as CaEntry;
};
const idOf = ({ cert }: CaEntry): string =>
  (cert as unknown as { id: string }).id;
const leafOf = (...signedBy: string[]): X509Certificate =>
  entryOf({ id: 'leaf', signedBy }).cert;

const root: Node = { id: 'root', signedBy: ['root'] };
const mid: Node = { id: 'mid', signedBy: ['root'] };
const other: Node = { id: 'other', signedBy: ['other'] };

t.test('every CA above, whichever way', (t) => {
  const cases: [string, X509Certificate, Node[], string[]][] = [
    ['none', leafOf('mid'), [], []],
    ['none of the bundle', leafOf('mid'), [root, other], []],
    ['one', leafOf('mid'), [mid, other], ['mid']],
    ['up to the root', leafOf('mid'), [mid, other, root], ['mid', 'root']],
    [
      'two ways',
      leafOf('mid', 'other'),
      [mid, other, root],
      ['mid', 'other', 'root'],
    ],
    [
      'two that signed each other',
      leafOf('a'),
      [
        { id: 'a', signedBy: ['b'] },
        { id: 'b', signedBy: ['a'] },
      ],
      ['a', 'b'],
    ],
    [
      'four steps',
      leafOf('a'),
      [{ id: 'a', signedBy: ['b'] }, { id: 'b', signedBy: ['mid'] }, mid, root],
      ['a', 'b', 'mid', 'root'],
    ],
  ];
  for (const [what, leaf, nodes, wanted] of cases)
    t.strictSame(
      [...casAbove(leaf, nodes.map(entryOf))].map(idOf).toSorted(),
      wanted,
      what,
    );
  t.end();
});

const cases: [
  string,
  leaf: X509Certificate,
  Node[],
  wanted: [isWhole: boolean, ...ids: string[]] | undefined,
][] = [
  ['no CA', leafOf('mid'), [], undefined],
  ['none of the bundle', leafOf('mid'), [root, other], undefined],
  ['a root', leafOf('root'), [root], [true, 'root']],
  ['up to the root', leafOf('mid'), [mid, other, root], [true, 'mid', 'root']],
  ['no root', leafOf('mid'), [mid, other], [false, 'mid']],
  [
    'a way that ends in a root before one that does not',
    leafOf('a', 'mid'),
    [{ id: 'a', signedBy: ['gone'] }, mid, root],
    [true, 'mid', 'root'],
  ],
  [
    'a root, though it has no CRL and is over',
    leafOf('a', 'mid'),
    [
      { id: 'a', signedBy: ['gone'] },
      { ...mid, hasNoCrl: true, to: -1 },
      { ...root, hasNoCrl: true, to: -1 },
    ],
    [true, 'mid', 'root'],
  ],
  [
    'of two roots the one in its time',
    leafOf('other', 'root'),
    [{ ...other, to: -1 }, root],
    [true, 'root'],
  ],
  [
    'of two roots the one in its time, though it ends sooner',
    leafOf('other', 'root'),
    [
      { ...other, from: 1, to: 500 },
      { ...root, to: 5 },
    ],
    [true, 'root'],
  ],
  [
    'of two roots the one with a CRL',
    leafOf('other', 'root'),
    [{ ...other, hasNoCrl: true, to: 500 }, root],
    [true, 'root'],
  ],
  [
    'one that is over costs as much as one without a CRL: the longer',
    leafOf('other', 'root'),
    [
      { ...other, to: -1 },
      { ...root, hasNoCrl: true },
    ],
    [true, 'root'],
  ],
  [
    'both troubles are worse than one',
    leafOf('other', 'root'),
    [
      { ...other, hasNoCrl: true, from: 1, to: 500 },
      { ...root, hasNoCrl: true },
    ],
    [true, 'root'],
  ],
  [
    'of two as good the one that lasts',
    leafOf('other', 'root'),
    [{ ...other, to: 99 }, root],
    [true, 'root'],
  ],
  [
    'the same, the other way round',
    leafOf('other', 'root'),
    [root, { ...other, to: 99 }],
    [true, 'root'],
  ],
  [
    'a way lasts as long as its first to end',
    leafOf('mid', 'other'),
    [
      { ...mid, to: 50 },
      { ...root, to: 900 },
      { ...other, to: 60 },
    ],
    [true, 'other'],
  ],
  [
    'of two that end nowhere the shorter',
    leafOf('a', 'c'),
    [
      { id: 'a', signedBy: ['b'], to: 500 },
      { id: 'b', signedBy: ['gone'], to: 500 },
      { id: 'c', signedBy: ['gone'] },
    ],
    [false, 'c'],
  ],
  [
    'a way that ends nowhere, as long as the bundle has one',
    leafOf('a'),
    [
      { id: 'a', signedBy: ['b'] },
      { id: 'b', signedBy: ['gone'] },
    ],
    [false, 'a', 'b'],
  ],
  [
    'two that signed each other',
    leafOf('a'),
    [
      { id: 'a', signedBy: ['b'] },
      { id: 'b', signedBy: ['a'] },
    ],
    [false, 'a', 'b'],
  ],
  [
    'a root and its key signed by another: it is a root',
    leafOf('root'),
    [{ ...root, signedBy: ['root', 'other'] }, other],
    [true, 'root'],
  ],
  [
    'never twice through one key',
    leafOf('a'),
    [
      { id: 'a', signedBy: ['a2'], key: 'one' },
      { id: 'a2', signedBy: ['root'], key: 'one' },
      root,
    ],
    [false, 'a'],
  ],
  [
    'a renewed root of the same key, where the old one is over',
    leafOf('root', 'root2'),
    [
      { ...root, key: 'one', to: -1 },
      { id: 'root2', signedBy: ['root2', 'root'], key: 'one' },
    ],
    [true, 'root2'],
  ],
];
for (const [what, leaf, nodes, wanted] of cases)
  t.test(`the best way up: ${what}`, (t) => {
    const found = bestChain(leaf, nodes.map(entryOf), now);
    t.strictSame(found && [found.isWhole, ...found.cas.map(idOf)], wanted);
    t.end();
  });
