/**
 * A box in which systemd is process 1: a container of Debian 12 with systemd and Puppet in it, the
 * checkout bind-mounted at /checkout, and no network. Docker as it runs on this machine, or a dockerd
 * of the lab's own without bridge and packet filter. The image is made by debootstrap, once, so no
 * registry is asked.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, runCommand, type Finished } from './command.ts';
import { boxPackages, missingPackages } from './packages.ts';
import { checkout, stateFolder } from './places.ts';
import { startProcess, type LabProcess } from './processes.ts';
import { waitFor } from './wait.ts';

export interface SystemdBox {
  /** A folder of this machine that is /etc/kickd in the box. */
  readonly folder: string;
  run(program: string, ...args: string[]): Promise<Finished>;
  /** @returns what the program said; anything except exit code 0 throws */
  must(program: string, ...args: string[]): Promise<string>;
  close(): Promise<void>;
}

const image = 'kickd-systemd-box:2';
const container = 'kickd-systemd-box';
const home = join(stateFolder, 'box');
const ownSocket = `unix://${home}/docker.sock`;

/** Why there can be no box on this machine, in one line; undefined when there can be one. */
export async function whyNoBox(): Promise<string | undefined> {
  if (process.getuid?.() !== 0)
    return 'needs systemd as PID 1, in a container that only root can start; type: sudo npm run test:real';
  const missing = await missingPackages(boxPackages);
  // Docker's own packages have other names than Debian's
  const hasDocker =
    existsSync('/usr/bin/docker') && existsSync('/usr/sbin/dockerd');
  const lacks = missing.filter((name) => name !== 'docker.io' || !hasDocker);
  return lacks.length === 0
    ? undefined
    : `needs systemd as PID 1, in a container; run: apt-get install --no-install-recommends ${lacks.join(' ')}`;
}

/** Starts the box and waits until systemd is up; 2 s, and some minutes more for the first one. */
export async function startBox(): Promise<SystemdBox> {
  const folder = join(home, 'etc-kickd');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const daemon = await startDocker();
  const docker = (...args: string[]): Promise<Finished> =>
    runCommand('docker', args, { env: { DOCKER_HOST: daemon.host } });
  const mustDocker = (...args: string[]): Promise<string> =>
    mustRun('docker', args, { env: { DOCKER_HOST: daemon.host } });
  const close = async (): Promise<void> => {
    await docker('rm', '--force', container);
    await daemon.own?.stop();
  };
  try {
    const known = await docker('image', 'inspect', image);
    if (known.exitCode !== 0) await makeImage(mustDocker);
    await docker('rm', '--force', container);
    await mustDocker(
      ...['run', '--detach', '--name', container, '--hostname', 'box'],
      ...['--network', 'none', '--cgroupns', 'private'],
      // systemd mounts its own cgroups there; never the host's: it would remount them read-only
      ...['--tmpfs', '/run', '--tmpfs', '/run/lock'],
      ...['--tmpfs', '/sys/fs/cgroup', '--stop-signal', 'SIGRTMIN+3'],
      // --privileged fails where the host itself lacks CAP_SYS_RESOURCE
      ...['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE'],
      ...['--security-opt', 'seccomp=unconfined'],
      ...['--security-opt', 'apparmor=unconfined'],
      ...['--volume', `${checkout}:/checkout:ro`],
      ...['--volume', `${folder}:/etc/kickd`],
      image,
    );
    await waitFor(
      'systemd to be up in the box',
      async () => {
        const { output } = await docker(
          ...['exec', container, 'systemctl', 'is-system-running'],
        );
        return /^(running|degraded)/m.test(output) || undefined;
      },
      { timeoutMs: 60_000 },
    );
    // as on a host: otherwise the credentials of a service (LoadCredential=) never come to be seen
    await mustDocker('exec', container, 'mount', '--make-rshared', '/');
    return {
      folder,
      run: (...command) => docker('exec', container, ...command),
      must: (...command) => mustDocker('exec', container, ...command),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One that answers, or one of our own. */
async function startDocker(): Promise<{ host: string; own?: LabProcess }> {
  const usual = 'unix:///var/run/docker.sock';
  const answers = async (host: string): Promise<boolean> => {
    const env = { DOCKER_HOST: host };
    return (await runCommand('docker', ['info'], { env })).exitCode === 0;
  };
  if (await answers(usual)) return { host: usual };
  const own = startProcess(
    'dockerd',
    [
      '/usr/sbin/dockerd',
      `--host=${ownSocket}`,
      `--data-root=${home}/docker`,
      `--exec-root=${home}/exec`,
      `--pidfile=${home}/dockerd.pid`,
      ...['--bridge=none', '--iptables=false', '--ip-masq=false'],
    ],
    { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
  );
  try {
    await waitFor(
      'dockerd to answer',
      async () => {
        if (!own.isRunning()) throw new Error(`dockerd ended: see ${own.log}`);
        return (await answers(ownSocket)) || undefined;
      },
      { timeoutMs: 60_000, explain: () => `see ${own.log}` },
    );
  } catch (error) {
    await own.stop();
    throw error;
  }
  return { host: ownSocket, own };
}

async function makeImage(
  docker: (...args: string[]) => Promise<string>,
): Promise<void> {
  const root = join(home, 'rootfs');
  const archive = join(home, 'rootfs.tar');
  rmSync(root, { recursive: true, force: true });
  await mustRun('debootstrap', [
    '--variant=minbase',
    '--include=systemd,systemd-sysv,dbus,procps,puppet-agent',
    'bookworm',
    root,
  ]);
  await mustRun('tar', ['-C', root, '-cf', archive, '.']);
  await docker('import', '--change', 'CMD ["/sbin/init"]', archive, image);
  rmSync(root, { recursive: true });
  rmSync(archive);
}
