import type { Sender } from '../receive/senders.ts';
import type { HostEntry } from '../fleet/target.ts';
import { monitorDefaults } from '../monitors/defaults.ts';
import type { NagiosSettings } from '../monitors/nagios/schema.ts';
import type { MonitorSettings } from '../monitors/schemas.ts';

/** Puppet's old port of `puppet agent --listen`, as in the protocol. */
const defaultPort = 8139;

/** Where an operator's configuration is looked for when nothing names another. */
export const defaultConfigFile = '/etc/kicker/kicker.yaml';

/** Where the rules are looked for when the configuration names no other file. */
export const defaultRulesFile = '/etc/kicker/rules.yaml';

/** What `kicker receive` needs. */
export interface ReceiveSettings {
  address: string;
  port: number;
  /** how senders show who they are */
  identify: 'certificate' | 'token';
  /** own files in place of kicker's; with `identify: token` absent: without TLS */
  tls?: { cert: string; key: string; ca?: string; crl?: string };
  senders: readonly Sender[];
}

/** kicker's whole configuration, every default filled in. */
export interface Config {
  /** the file that was read; absent: there is none, and all is default */
  file?: string;
  /** own certname, where puppet.conf names another */
  certname?: string;
  /** own files; absent: as puppet.conf says */
  tls?: { cert: string; key: string; ca: string; crl: string };
  /** which puppet.conf to ask; absent: where Puppet looks */
  puppetConf?: string;
  port: number;
  hosts: Readonly<Record<string, HostEntry>>;
  /** the rules file; absent: defaultRulesFile, where there is one */
  rules?: string;
  /** each monitor by its name, which is the one in its events; `nagios` where none is named */
  monitors: Readonly<Record<string, MonitorSettings>>;
  /** the first Nagios of them, for commands that are about Nagios; the default where there is none */
  nagios: NagiosSettings;
  /** where monitors send webhooks; absent: nowhere */
  receive?: ReceiveSettings;
  /** how a person is called; which of these, the rules say */
  escalate: {
    command?: string[];
    passive?: { host?: string; service: string };
  };
  /** where event handlers put events; absent: beside the ledger */
  spool?: string;
  serve: {
    /** how many requests are sent at once */
    parallel: number;
    /** how often a host is asked whether its policy changed, where kicker has stopped */
    policySeconds: number;
  };
  /** what the ledger keeps */
  retention: { days: number; entries: number };
  /** where serve writes its metrics, for the textfile collector of node_exporter; absent: nowhere */
  metrics?: { textfile: string };
  /** how long a kick that did not get through is sent again */
  retry: { forSeconds: number };
  /** how long a run is followed to its end */
  follow: { forSeconds: number };
  timeouts: {
    /** name, TCP and TLS */
    connectSeconds: number;
    /** from the first byte to the whole reply */
    requestSeconds: number;
  };
  /** how long `kicker kick` waits for the outcome */
  waitSeconds: number;
  /** the SQLite file; absent: see defaultLedgerFile */
  ledger?: string;
}

const defaultMonitor: NagiosSettings = monitorDefaults.nagios;

/** The configuration where no file says anything. */
export function defaultConfig(): Config {
  return {
    port: defaultPort,
    hosts: {},
    monitors: { nagios: defaultMonitor },
    nagios: defaultMonitor,
    escalate: {},
    serve: { parallel: 50, policySeconds: 5 * 60 },
    retention: { days: 400, entries: 5_000_000 },
    retry: { forSeconds: 10 * 60 },
    follow: { forSeconds: 2 * 60 * 60 },
    timeouts: { connectSeconds: 5, requestSeconds: 10 },
    waitSeconds: 60 * 60,
  };
}

/** How long a host is waited for, as the client of hosts wants it. */
export function timeoutsOf({ timeouts }: Pick<Config, 'timeouts'>): {
  connectMs: number;
  requestMs: number;
} {
  return {
    connectMs: timeouts.connectSeconds * 1000,
    requestMs: timeouts.requestSeconds * 1000,
  };
}
