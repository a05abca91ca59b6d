import { Fault, type FaultFacts } from '@kickd/protocol';
import type { TlsFiles } from './material.ts';
import { createSettings, parsePuppetConf } from './puppet-conf.ts';

/** Where Puppet keeps its things on this host; every path is absolute. */
export interface PuppetPlaces {
  layout: 'aio' | 'debian';
  /** the puppet.conf that was read; absent where there is none */
  confFile?: string;
  certname: string;
  confdir: string;
  ssldir: string;
  tls: TlsFiles;
  vardir: string;
  statedir: string;
  publicdir: string;
  lastRunReport: string;
  lastRunSummary: string;
  runLock: string;
  disabledLock: string;
  environment: string;
  server: string;
  /** settings that use a variable which only Puppet knows, by their names in puppet.conf; their places are empty texts */
  unknown?: Readonly<Record<string, FaultFacts>>;
}

export interface LocateOptions {
  /** text of a file, undefined where it is missing or cannot be read */
  files: { readText(path: string): string | undefined };
  env: {
    isRoot: boolean;
    /** home directory of a user other than root */
    home?: string;
    /** as fully qualified as the system knows it; the default certname */
    hostname: string;
  };
  /** in place of looking for one */
  confFile?: string;
  /** whose section counts beside [main] */
  mode?: 'agent' | 'server';
}

interface Layout {
  layout: 'aio' | 'debian';
  confdir: string;
  vardir: string;
  publicdir: string;
  ssldir: string;
  codedir: string;
  rundir: string;
  logdir: string;
}

/**
 * Finds Puppet's files by puppet.conf: AIO and OpenVox packages first, then Debian's. A user other
 * than root has places of their own in Puppet; they count only where their puppet.conf exists, since
 * kickd's listener and a monitor's user want the files of the host.
 * What cannot be told without Puppet is left to Puppet: see `unknown`.
 * @see puppet lib/puppet/util/run_mode.rb, lib/puppet/defaults.rb; Debian's patches to both
 */
export function locatePuppet({
  files,
  env,
  confFile,
  mode = 'agent',
}: LocateOptions): PuppetPlaces {
  const { layout, file, text } = findConf(files, env, confFile);
  const setting = createSettings(parsePuppetConf(text ?? ''), mode, {
    ...shared,
    certname: env.hostname.toLowerCase(),
    confdir: layout.confdir,
    vardir: layout.vardir,
    publicdir: layout.publicdir,
    ssldir: layout.ssldir,
    codedir: layout.codedir,
    rundir: layout.rundir,
    logdir: layout.logdir,
  });
  const unknown: Record<string, FaultFacts> = {};
  const want = (name: string): string => {
    try {
      return setting(name) ?? '';
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const { code, message, remedy, exitCode } = error;
      unknown[name] = { code, message, remedy, exitCode };
      return '';
    }
  };
  const places: PuppetPlaces = {
    layout: layout.layout,
    ...(text === undefined ? {} : { confFile: file }),
    certname: want('certname'),
    confdir: want('confdir'),
    ssldir: want('ssldir'),
    tls: {
      cert: want('hostcert'),
      key: want('hostprivkey'),
      ca: want('localcacert'),
      crl: want('hostcrl'),
    },
    vardir: want('vardir'),
    statedir: want('statedir'),
    publicdir: want('publicdir'),
    lastRunReport: want('lastrunreport'),
    lastRunSummary: want('lastrunfile'),
    runLock: want('agent_catalog_run_lockfile'),
    disabledLock: want('agent_disabled_lockfile'),
    environment: want('environment'),
    server: want('server'),
  };
  return Object.keys(unknown).length > 0 ? { ...places, unknown } : places;
}

const shared = {
  certdir: '$ssldir/certs',
  privatekeydir: '$ssldir/private_keys',
  hostcert: '$certdir/$certname.pem',
  hostprivkey: '$privatekeydir/$certname.pem',
  localcacert: '$certdir/ca.pem',
  hostcrl: '$ssldir/crl.pem',
  statedir: '$vardir/state',
  lastrunfile: '$publicdir/last_run_summary.yaml',
  lastrunreport: '$statedir/last_run_report.yaml',
  agent_catalog_run_lockfile: '$statedir/agent_catalog_run.lock',
  agent_disabled_lockfile: '$statedir/agent_disabled.lock',
  environment: 'production',
  server: 'puppet',
  // what others of puppet.conf may build upon
  publickeydir: '$ssldir/public_keys',
  privatedir: '$ssldir/private',
  requestdir: '$ssldir/certificate_requests',
  libdir: '$vardir/lib',
  plugindest: '$libdir',
  pluginfactdest: '$vardir/facts.d',
  reportdir: '$vardir/reports',
  yamldir: '$vardir/yaml',
  bucketdir: '$vardir/bucket',
  clientbucketdir: '$vardir/clientbucket',
  client_datadir: '$vardir/client_data',
  clientyamldir: '$vardir/client_yaml',
  statefile: '$statedir/state.yaml',
  classfile: '$statedir/classes.txt',
  resourcefile: '$statedir/resources.txt',
  environmentpath: '$codedir/environments',
};

const system: Record<Layout['layout'], Layout> = {
  aio: {
    layout: 'aio',
    confdir: '/etc/puppetlabs/puppet',
    vardir: '/opt/puppetlabs/puppet/cache',
    publicdir: '/opt/puppetlabs/puppet/public',
    ssldir: '$confdir/ssl',
    codedir: '/etc/puppetlabs/code',
    rundir: '/var/run/puppetlabs',
    logdir: '/var/log/puppetlabs/puppet',
  },
  debian: {
    layout: 'debian',
    confdir: '/etc/puppet',
    vardir: '/var/cache/puppet',
    publicdir: '$vardir/public',
    ssldir: '/var/lib/puppet/ssl',
    codedir: '/etc/puppet/code',
    rundir: '/run/puppet',
    logdir: '/var/log/puppet',
  },
};

function ofUser(home: string): Layout[] {
  return [
    {
      layout: 'aio',
      confdir: `${home}/.puppetlabs/etc/puppet`,
      vardir: `${home}/.puppetlabs/opt/puppet/cache`,
      publicdir: `${home}/.puppetlabs/opt/puppet/public`,
      ssldir: '$confdir/ssl',
      codedir: `${home}/.puppetlabs/etc/code`,
      rundir: `${home}/.puppetlabs/var/run`,
      logdir: `${home}/.puppetlabs/var/log`,
    },
    {
      layout: 'debian',
      confdir: `${home}/.puppet/etc`,
      vardir: `${home}/.puppet/cache`,
      publicdir: '$vardir/public',
      ssldir: '$confdir/ssl',
      codedir: `${home}/.puppet/code`,
      rundir: `${home}/.puppet/var/run`,
      logdir: `${home}/.puppet/var/log`,
    },
  ];
}

function findConf(
  files: LocateOptions['files'],
  env: LocateOptions['env'],
  confFile: string | undefined,
): { layout: Layout; file: string; text: string | undefined } {
  const own = env.isRoot || env.home === undefined ? [] : ofUser(env.home);
  const layouts = [...own, system.aio, system.debian];
  if (confFile !== undefined) {
    const confdir = confFile.slice(0, confFile.lastIndexOf('/'));
    const layout =
      layouts.find((candidate) => candidate.confdir === confdir) ??
      (confFile.includes('puppetlabs') ? system.aio : system.debian);
    return {
      layout: { ...layout, confdir },
      file: confFile,
      text: files.readText(confFile),
    };
  }
  for (const layout of layouts) {
    const file = `${layout.confdir}/puppet.conf`;
    const text = files.readText(file);
    if (text !== undefined) return { layout, file, text };
  }
  // No puppet.conf is a valid puppet.conf: the CA's certificate tells where Puppet has been.
  const isDebian =
    files.readText(`${system.debian.ssldir}/certs/ca.pem`) !== undefined;
  return {
    layout: isDebian ? system.debian : system.aio,
    file: '',
    text: undefined,
  };
}
