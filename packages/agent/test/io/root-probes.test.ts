import t from 'tap';
import type { Profile } from '../../src/config/schema.ts';
import type { ProbeUser } from '../../src/io/probe-user.ts';
import { findRootProbes } from '../../src/io/root-probes.ts';

const profiles = new Map<string, Profile>([
  [
    'web',
    {
      type: 'puppet-agent',
      probes: {
        HTTP: { argv: ['/p'], user: 'toor' },
        SSH: { argv: ['/p'] },
        Disk: { argv: ['/p'], user: 'gone' },
      },
    },
  ],
  ['plain', { type: 'puppet-agent' }],
]);
const users: Record<string, ProbeUser> = {
  toor: { kind: 'root' },
  nobody: { kind: 'user', ids: { uid: 65534, gid: 65534 } },
};

t.test('root under another name is refused', async (t) => {
  const faults = await findRootProbes(
    profiles,
    async (name) => users[name] ?? { kind: 'unknown' },
  );
  t.strictSame(
    faults.map(({ code, message, remedy }) => [code, message, remedy]),
    [
      [
        'PROBE_ROOT',
        'the user toor of the probe of HTTP in the profile web is root (uid 0)',
        'set user of that probe to an unprivileged user, or leave it out: nobody; getent passwd lists them',
      ],
    ],
  );
});

t.test('whoever is not root starts it as itself', async (t) => {
  t.strictSame(
    await findRootProbes(profiles, async () => ({ kind: 'self' })),
    [],
  );
});
