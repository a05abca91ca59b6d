import type { HostEntry } from '../fleet/target.ts';

/** Puppet's old port of `puppet agent --listen`, as in the protocol. */
const defaultPort = 8139;

/** Where an operator's configuration is looked for when nothing names another. */
export const defaultConfigFile = '/etc/kicker/kicker.yaml';

/** Where the rules are looked for when the configuration names no other file. */
export const defaultRulesFile = '/etc/kicker/rules.yaml';

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
  nagios: { commandFile?: string };
  /** the rules file; absent: defaultRulesFile, where there is one */
  rules?: string;
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

/** The configuration where no file says anything. */
export function defaultConfig(): Config {
  return {
    port: defaultPort,
    hosts: {},
    nagios: {},
    retry: { forSeconds: 10 * 60 },
    follow: { forSeconds: 2 * 60 * 60 },
    timeouts: { connectSeconds: 5, requestSeconds: 10 },
    waitSeconds: 60 * 60,
  };
}
