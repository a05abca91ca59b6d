import { globSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { debArchitecture } from './deb.ts';
import { completionFiles } from './completion.ts';
import type { Content } from './stage.ts';

export const packages = ['kickd', 'kicker'] as const;

export interface About {
  name: (typeof packages)[number];
  version: string;
  epochSeconds: number;
}

const maintainer = 'Kickd maintainers <maintainers@users.noreply.example>';

const summaries = {
  kickd: {
    short: 'runs configuration management once, when a monitor asks',
    long: `kickd listens on a managed host. A monitor that sees a service down asks
 it, over mutual TLS with the certificates of Puppet's CA, for one run of the
 host's own configuration management; an access list says who may.`,
    recommends: 'puppet-agent | puppet | cfengine3 | ansible-core',
  },
  kicker: {
    short: 'lets a monitor heal hosts through their configuration management',
    long: `kicker takes events of a monitor, decides whether a repair run is called
 for, asks kickd on the host for it, follows the run, tells the monitor, and
 keeps the record.`,
    recommends: 'nagios4-core',
  },
} as const;

/** Every file of a package, the control files in DEBIAN/ among them. */
export function contentsOf(about: About, root: string): Content[] {
  const { name } = about;
  const deploy = join(root, 'deploy');
  const files = [
    ...programOf(name, root),
    ...(name === 'kickd' ? kickdFiles(root) : kickerFiles(deploy)),
    ...completionFiles(name, [
      process.execPath,
      join(root, 'dist', `${name}.mjs`),
    ]),
    {
      path: `usr/share/man/man8/${name}.8.gz`,
      text: gzipped(readFileSync(join(deploy, 'debian', `${name}.8`))),
    },
    ...documentsOf(about, root),
  ];
  return [...files, ...controlOf(about, deploy, files)];
}

/** The built program and its Node under /usr/lib, and its launcher on PATH. */
function programOf(name: About['name'], root: string): Content[] {
  const dist = join(root, 'dist');
  const lib = `usr/lib/${name}`;
  const chunks = readdirSync(join(dist, 'chunks'))
    .filter((file) => file.startsWith(`${name}-`) && file.endsWith('.mjs'))
    .toSorted();
  return [
    { path: `${lib}/node`, from: process.execPath, mode: 0o755 },
    { path: `${lib}/${name}.mjs`, from: join(dist, `${name}.mjs`) },
    ...chunks.map((file) => ({
      path: `${lib}/chunks/${file}`,
      from: join(dist, 'chunks', file),
    })),
    {
      path: `${lib}/bin/${name}`,
      from: join(dist, 'bin', name),
      mode: 0o755,
    },
    { path: `usr/bin/${name}`, link: `../lib/${name}/bin/${name}` },
  ];
}

function kickdFiles(root: string): Content[] {
  const deploy = join(root, 'deploy');
  return [
    ...scriptsOf(root, 'ansible/*.py'),
    ...scriptsOf(root, 'puppet/**/*.rb'),
    ...unitsOf(deploy, /^kickd[.-].*(service|socket|path|timer)$/),
    {
      path: 'usr/lib/sysusers.d/kickd.conf',
      from: join(deploy, 'systemd', 'kickd.sysusers'),
    },
    {
      path: 'usr/lib/tmpfiles.d/kickd.conf',
      from: join(deploy, 'systemd', 'kickd.tmpfiles'),
    },
    {
      path: 'usr/share/kickd/kickd-runner-debian-puppet.conf',
      from: join(
        deploy,
        'systemd',
        'drop-ins',
        'kickd-runner-debian-puppet.conf',
      ),
    },
    { path: 'etc/kickd/kickd.yaml', from: join(deploy, 'kickd.yaml.sample') },
    {
      path: 'etc/logrotate.d/kickd',
      from: join(deploy, 'logrotate', 'kickd'),
    },
    {
      path: 'usr/share/doc/kickd/examples/auth.conf',
      from: join(deploy, 'auth.conf.sample'),
    },
  ];
}

function kickerFiles(deploy: string): Content[] {
  const nagios = join(deploy, 'nagios');
  const icinga = join(deploy, 'icinga2');
  const handlers = 'usr/share/nagios4/plugins/eventhandlers';
  const snippets = readdirSync(nagios).filter((file) => file.endsWith('.cfg'));
  return [
    ...unitsOf(deploy, /^kicker(?:-receive)?\.service$/),
    {
      path: `${handlers}/handle_puppetrun`,
      from: join(nagios, 'handle_puppetrun'),
      mode: 0o755,
    },
    ...snippets.toSorted().map((file) => ({
      path: `usr/share/doc/kicker/examples/nagios/${file}`,
      from: join(nagios, file),
    })),
    ...readdirSync(icinga)
      .filter((file) => /\.(?:conf|yaml)$/.test(file))
      .toSorted()
      .map((file) => ({
        path: `usr/share/doc/kicker/examples/icinga2/${file}`,
        from: join(icinga, file),
      })),
    {
      path: 'usr/share/doc/kicker/examples/rules.yaml',
      from: join(deploy, 'kicker-rules.yaml.sample'),
    },
  ];
}

/** What a tool loads, not Node: beside the program, which looks for it there. */
function scriptsOf(root: string, wanted: string): Content[] {
  const dist = join(root, 'dist');
  return globSync(wanted, { cwd: dist })
    .toSorted()
    .map((file) => ({
      path: `usr/lib/kickd/${file}`,
      from: join(dist, file),
    }));
}

function unitsOf(deploy: string, wanted: RegExp): Content[] {
  return readdirSync(join(deploy, 'systemd'))
    .filter((file) => wanted.test(file))
    .toSorted()
    .map((file) => ({
      path: `usr/lib/systemd/system/${file}`,
      from: join(deploy, 'systemd', file),
    }));
}

function documentsOf(
  { name, version, epochSeconds }: About,
  root: string,
): Content[] {
  const node = join(process.execPath, '..', '..', 'LICENSE');
  const date = new Date(epochSeconds * 1000)
    .toUTCString()
    .replace('GMT', '+0000');
  return [
    {
      path: `usr/share/doc/${name}/copyright`,
      text: `${name} is under the Apache License, version 2.0: /usr/share/common-licenses/Apache-2.0

Node.js and what it is made of: /usr/lib/${name}/node.LICENSE
`,
    },
    { path: `usr/lib/${name}/node.LICENSE`, from: node },
    {
      path: `usr/share/lintian/overrides/${name}`,
      text: `# Node as its publisher built it, with the libraries that it was tested with
${name}: unstripped-binary-or-object [usr/lib/${name}/node]
${name}: embedded-library *
${name}: hardening-no-pie [usr/lib/${name}/node]
`,
    },
    {
      path: `usr/share/doc/${name}/changelog.gz`,
      text: gzipped(
        Buffer.from(`${name} (${version}) stable; urgency=medium

  * What changed: CHANGELOG.md, beside this file.

 -- ${maintainer}  ${date}
`),
      ),
    },
    {
      path: `usr/share/doc/${name}/CHANGELOG.md`,
      from: join(root, 'CHANGELOG.md'),
    },
  ];
}

function controlOf(
  { name, version }: About,
  deploy: string,
  files: readonly Content[],
): Content[] {
  const { short, long, recommends } = summaries[name];
  const conffiles = files
    .filter(({ path }) => path.startsWith('etc/'))
    .map(({ path }) => `/${path}\n`)
    .join('');
  const scripts = join(deploy, 'debian', name);
  return [
    {
      path: 'DEBIAN/control',
      text: `Package: ${name}
Version: ${version}
Architecture: ${debArchitecture()}
Maintainer: ${maintainer}
Section: admin
Priority: optional
Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6
Recommends: ${recommends}
Description: ${short}
 ${long}
`,
    },
    ...(conffiles === ''
      ? []
      : [{ path: 'DEBIAN/conffiles', text: conffiles }]),
    ...readdirSync(scripts)
      .toSorted()
      .map((script) => ({
        path: `DEBIAN/${script}`,
        from: join(scripts, script),
        mode: 0o755,
      })),
  ];
}

function gzipped(text: Uint8Array): Uint8Array {
  return gzipSync(text, { level: 9 });
}
