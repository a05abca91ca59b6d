/**
 * An Ansible newer than Debian 12's: the package of a later Debian, which is Python alone, unpacked into a folder of
 * the lab and run by this system's Python. The system itself is left as it is: apt gets lists and a cache of its own.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { mustRun, runCommand } from './command.ts';
import { stateFolder } from './places.ts';

const suite = 'trixie';
const folder = join(stateFolder, 'ansible');
const tree = join(folder, 'tree');
const bin = join(folder, 'bin');
const programs = { ansible: 'adhoc', 'ansible-playbook': 'playbook' };

/** Its ansible-pull; undefined: it was not fetched, or this system's Python cannot run it. */
export async function findNewerAnsible(): Promise<string | undefined> {
  const file = join(bin, 'ansible-pull');
  if (!existsSync(file)) return undefined;
  const { exitCode } = await runCommand(file, ['--version']);
  return exitCode === 0 ? file : undefined;
}

/**
 * Fetches and unpacks it, unless it is there.
 * @throws Error with apt's words: no network, or no such suite any more
 */
export async function fetchNewerAnsible(): Promise<void> {
  if (existsSync(join(bin, 'ansible-pull'))) return;
  for (const name of ['lists/partial', 'cache/archives/partial', 'deb']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(
    join(folder, 'sources.list'),
    `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${await findArchive()} ${suite} main\n`,
  );
  writeFileSync(join(folder, 'status'), '');
  const config = join(folder, 'apt.conf');
  writeFileSync(
    config,
    `Dir::Etc::sourcelist "${folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "${folder}/lists/";
Dir::State::status "${folder}/status";
Dir::Cache "${folder}/cache/";
APT::Sandbox::User "root";
`,
  );
  const env = { APT_CONFIG: config };
  await mustRun('apt-get', ['update', '-q'], { env });
  // into the present folder, so that one has to be given
  await mustRun(
    'sh',
    ['-c', `cd '${folder}/deb' && apt-get download -q ansible-core`],
    { env },
  );
  const [deb] = readdirSync(join(folder, 'deb'));
  if (deb === undefined) throw new Error('apt-get download left no package');
  await mustRun('dpkg-deb', ['-x', join(folder, 'deb', deb), tree]);
  writePrograms();
}

/** Where this system has its own packages from: later suites stand beside the present one. */
async function findArchive(): Promise<string> {
  const { output } = await runCommand('apt-get', [
    'indextargets',
    '--format=$(LABEL) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const archive = /^Debian (\S+)$/m.exec(output)?.[1];
  if (archive === undefined) throw new Error('apt knows no archive of Debian');
  return archive;
}

/** ansible-pull starts the other two from the folder in which it lies itself. */
function writePrograms(): void {
  mkdirSync(bin, { recursive: true });
  const all = { ...programs, 'ansible-pull': 'pull' };
  for (const [name, module] of Object.entries(all)) {
    writeFileSync(
      join(bin, name),
      `#!/usr/bin/python3
import sys
sys.path.insert(0, '${tree}/usr/lib/python3/dist-packages')
from ansible.cli.${module} import main
sys.exit(main())
`,
      { mode: 0o755 },
    );
  }
}

/** `2.19.11`, as its package says. */
export function newerAnsibleVersion(): string {
  const file = join(tree, 'usr/lib/python3/dist-packages/ansible/release.py');
  return /__version__ = '([\w.]+)'/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
}
