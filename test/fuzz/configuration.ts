import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locatePuppet, parsePuppetConfigPrint } from '@kickd/mtls';
import { parseConfig } from '../../packages/agent/src/config/parse.ts';
import { resolveSettings } from '../../packages/agent/src/config/settings.ts';
import { parseConfig as parseKicker } from '../../packages/kicker/src/config/parse.ts';
import { parseRules } from '../../packages/kicker/src/config/rules-parse.ts';
import type { FaultFacts } from '@kickd/protocol';
import { mutationsOf } from './mutations.ts';
import { isPrintable } from './rules.ts';
import { expectTrue, type Target } from './target.ts';

const root = join(import.meta.dirname, '..', '..');
const whole = `
listen: {address: 127.0.0.1, port: 8139, perSource: {connections: 32, perSecond: 100}}
certname: web1.example.com
puppetConf: /etc/puppet/puppet.conf
tls: {cert: /c, key: /k, ca: /ca, crl: /crl, minVersion: TLSv1.3}
acl: {file: /etc/kickd/auth.conf, anyCertname: false}
cm:
  default: web
  profiles:
    web: {type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}
    puppet: {type: puppet-agent, waitForLockSeconds: 60, services: {HTTP: ['Service[apache2]']}}
    cf: {type: cfengine, policy: /etc/kick.cf, bundles: [web, 'ns:db']}
run: {timeoutSeconds: 900, graceSeconds: 10, minIntervalSeconds: 0, keepDays: 1}
state: /var/lib/kickd
`;
const shipped = readFileSync(join(root, 'deploy/kickd.yaml.sample'), 'utf8');
const bare = locatePuppet({
  files: { readText: () => undefined },
  env: { isRoot: false, home: '/', hostname: 'web1' },
});

/** kickd.yaml: refused in printable words, or settings whose numbers a timer can hold. */
export const configuration: Target = {
  name: 'configuration',
  inputs: mutationsOf([whole, shipped], ofYaml('run: ', 'tls: ', 'cm: ')),
  batch: 100,
  play: (input) => {
    const text = Buffer.from(input).toString('utf8');
    const parsed = parseConfig(text, 'kickd.yaml');
    if (parsed.kind === 'faults') {
      expectWords(parsed.faults, 'kickd.yaml');
      return;
    }
    const { run, acl } = resolveSettings(parsed.config, bare, {});
    for (const ms of [run.timeoutMs, run.graceMs, run.minIntervalMs])
      expectTrue(ms >= 0 && ms < 2 ** 31, `no time for a timer: ${String(ms)}`);
    const isWide = text.includes('anyCertname');
    expectTrue(isWide || !acl.anyCertname, 'wider without a word of it');
  },
};

const kickerWhole = `
certname: monitor.example.com
port: 8139
hosts:
  Web1: &web {certname: web1.example.com, address: 192.0.2.1, port: 8139}
  Web2: *web
nagios: {commandFile: /rw/nagios.cmd, statusFile: /s, objectsFile: /o, author: kicker}
monitors: {dc2: {kind: nagios, commandFile: /b}}
escalate: {command: [/bin/page, now], passive: {service: kicker}}
serve: {parallel: 50, policySeconds: 300}
retry: {forSeconds: 600}
timeouts: {connectSeconds: 5, requestSeconds: 10}
ledger: /var/lib/kicker/ledger.sqlite
`;
const rulesShipped = readFileSync(
  join(root, 'deploy/kicker-rules.yaml.sample'),
  'utf8',
);

/** kicker.yaml and rules.yaml: refused with a place in printable words, or settings whose numbers a timer can hold. */
export const kickerSettings: Target = {
  name: 'kicker.yaml and rules',
  inputs: mutationsOf(
    [kickerWhole, rulesShipped],
    ofYaml('hosts: ', 'rules: ', 'match: ', 'guards: '),
  ),
  batch: 100,
  play: (input) => {
    const text = Buffer.from(input).toString('utf8');
    const config = parseKicker(text, 'kicker.yaml');
    if (config.kind === 'faults') expectWords(config.faults, 'kicker.yaml');
    else {
      const { retry, timeouts } = config.config;
      for (const seconds of [retry.forSeconds, timeouts.requestSeconds])
        expectTrue(seconds * 1000 < 2 ** 31, `no time: ${String(seconds)}`);
    }
    const rules = parseRules(text, 'rules.yaml');
    if (rules.kind === 'faults') expectWords(rules.faults, 'rules.yaml');
    else expectTrue(rules.rules.rules.length > 0, 'rules without a rule');
  },
};

function ofYaml(...keys: string[]): string[] {
  return [
    ...keys,
    ...['<<: ', '? ', '| ', '> ', '--- ', '%YAML 1.1\n', '!!set ', '!!omap '],
    ...['&web ', '*web', '*web, *web, *web, *web', '&b [*web, *web]', '*b'],
  ];
}

/** At least one fault, each with its place, and none with a sign that a terminal would follow. */
function expectWords(faults: readonly FaultFacts[], file: string): void {
  expectTrue(faults.length > 0, 'refused without a fault');
  for (const { message, remedy } of faults) {
    expectTrue(isPrintable(message + remedy), `raw text: ${message}`);
    expectTrue(
      new RegExp(`^${file}:[1-9]\\d*:[1-9]\\d*: |^${file}:[1-9]\\d*: `).test(
        message,
      ),
      `no place: ${message}`,
    );
  }
}

/** What `puppet config print` says, and the puppet.conf that is read where Puppet is not asked. */
export const puppetConf: Target = {
  name: 'puppet.conf',
  inputs: mutationsOf(
    [
      '[main]\nssldir = $vardir/ssl\nvardir = /var/lib/puppet\n[agent]\ncertname = web1\n',
      'ssldir = /etc/puppetlabs/puppet/ssl\nhostcert = /x.pem\n',
    ],
    ['$ssldir', '${vardir}', '[agent]', ' { owner = root }', 'certname = '],
  ),
  batch: 300,
  play: (input) => {
    const text = Buffer.from(input).toString('utf8');
    parsePuppetConfigPrint(text);
    const { unknown = {} } = locatePuppet({
      files: { readText: () => text },
      env: { isRoot: true, home: '/', hostname: 'web1' },
    });
    for (const { code, message } of Object.values(unknown)) {
      expectTrue(code === 'PUPPET_CONF_VARIABLE', code);
      expectTrue(isPrintable(message), `raw text: ${message}`);
    }
  },
};
