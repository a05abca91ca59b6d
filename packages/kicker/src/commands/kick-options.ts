import { patterns } from '@kickd/protocol';
import { Faults, errors } from '../errors.ts';
import { configOption, jsonOption } from './command.ts';
import type { CommandSpec, Given } from './options.ts';

export interface KickOptions {
  tags: readonly string[];
  noop: boolean;
  environment: string | undefined;
  cm: string | undefined;
  isWaiting: boolean;
  isFollowing: boolean;
  timeoutSeconds: number | undefined;
  parallel: number;
  port: number | undefined;
  isPing: boolean;
  isTest: boolean;
  json: boolean;
}

const what = 'What to run';
const which = 'Which hosts';
const how = 'How';

export const kickSpec: CommandSpec = {
  name: 'kick',
  operands: 'HOST…',
  about: 'ask hosts for one run of their configuration-management tool',
  takesOperands: true,
  options: {
    host: {
      type: 'string',
      many: true,
      value: 'HOST',
      about: 'one more host; may be repeated',
      group: which,
    },
    file: {
      type: 'string',
      value: 'FILE',
      about: 'hosts from a file, one a line; - is stdin',
      group: which,
    },
    test: {
      type: 'boolean',
      about: 'list the hosts that would be kicked, and kick none',
      group: which,
    },
    tag: {
      type: 'string',
      short: 't',
      many: true,
      value: 'TAG',
      about: 'only resources with this tag; may be repeated',
      group: what,
    },
    noop: {
      type: 'boolean',
      about: 'report what would change, and change nothing',
      group: what,
    },
    environment: {
      type: 'string',
      value: 'ENV',
      about: 'the environment to run in',
      group: what,
    },
    cm: {
      type: 'string',
      value: 'PROFILE',
      about: 'the CM profile, as the host names it',
      group: what,
    },
    wait: {
      type: 'boolean',
      about:
        'wait for the outcome (the default; --no-wait: only until accepted)',
      group: how,
    },
    follow: {
      type: 'boolean',
      about: "show the tool's output while it runs (its own ACL path)",
      group: how,
    },
    foreground: {
      type: 'boolean',
      short: 'f',
      about: 'the same as --wait: the name that puppet kick had',
      group: how,
    },
    timeout: {
      type: 'string',
      value: 'SECONDS',
      about: 'wait at most this long; then the kick expires',
      group: how,
    },
    parallel: {
      type: 'string',
      short: 'p',
      value: 'N',
      about: 'at most N hosts at a time; default: 10',
      group: how,
    },
    ping: {
      type: 'boolean',
      short: 'P',
      about: 'ask for the status first, and kick only hosts that answer',
      group: how,
    },
    port: {
      type: 'string',
      value: 'PORT',
      about: 'the port of kickd; default: 8139, or as configured',
      group: how,
    },
    ...jsonOption,
    ...configOption,
    // What puppet kick had, so that it is answered and not only refused.
    all: { type: 'boolean', short: 'a', about: '', isHidden: true },
    class: {
      type: 'string',
      short: 'c',
      many: true,
      about: '',
      isHidden: true,
    },
    ignoreschedules: { type: 'boolean', about: '', isHidden: true },
    fqdn: { type: 'boolean', short: 'n', about: '', isHidden: true },
    debug: { type: 'boolean', short: 'd', about: '', isHidden: true },
  },
  examples: [
    ['kicker kick web1.example.com', 'one run, and wait how it ends'],
    ['kicker kick --no-wait web1 web2', 'two runs, only until accepted'],
    ['kicker kick -t apache --noop web1', 'what would the tag apache change?'],
    ['kicker kick --file hosts.txt -p 20 --json', 'many hosts, for a program'],
  ],
};

/** @throws {Faults} every value that is wrong, and every option of puppet kick that is gone */
export function readKickOptions(given: Given): KickOptions {
  const faults = [];
  if (given.flag('all') === true) faults.push(errors.puppetKickAll());
  for (const name of given.texts('class')) {
    faults.push(errors.puppetKickClass(name));
  }
  if (given.flag('ignoreschedules') !== undefined) {
    faults.push(
      errors.puppetKickOption(
        '--ignoreschedules',
        'say it in the CM profile of the host, where root decides',
      ),
    );
  }
  if (given.flag('fqdn') !== undefined) {
    faults.push(
      errors.puppetKickOption('--no-fqdn, -n', 'it was about names from LDAP'),
    );
  }
  if (given.flag('debug') !== undefined) {
    faults.push(
      errors.puppetKickOption(
        '--debug, -d',
        'look at each step: kicker doctor HOST',
      ),
    );
  }
  const tags = given.texts('tag');
  for (const tag of tags) {
    if (!fits('tag', tag)) {
      faults.push(
        errors.optionValue(
          'kick',
          '--tag',
          tag,
          'one tag: lower case letters, digits and _ : . -; repeat --tag for more',
        ),
      );
    }
  }
  const environment = given.text('environment');
  if (environment !== undefined && !fits('environment', environment)) {
    faults.push(
      errors.optionValue(
        'kick',
        '--environment',
        environment,
        'letters, digits and _',
      ),
    );
  }
  const cm = given.text('cm');
  if (cm !== undefined && !fits('profileName', cm)) {
    faults.push(
      errors.optionValue(
        'kick',
        '--cm',
        cm,
        'the name of a profile: lower case letters, digits and -',
      ),
    );
  }
  const wait = given.flag('wait');
  const foreground = given.flag('foreground');
  if (wait === false && foreground === true) {
    faults.push(
      errors.usage('kick', '--no-wait and --foreground say the opposite'),
    );
  }
  const follow = given.flag('follow') ?? false;
  if (wait === false && follow) {
    faults.push(
      errors.usage('kick', '--no-wait and --follow say the opposite'),
    );
  }
  if (follow && given.flag('json') === true) {
    faults.push(
      errors.usage('kick', '--follow is for a person, --json is not'),
    );
  }
  if (faults.length > 0) throw new Faults(faults);
  return {
    tags: [...new Set(tags)],
    noop: given.flag('noop') ?? false,
    environment,
    cm,
    isWaiting: foreground ?? wait ?? true,
    isFollowing: follow,
    timeoutSeconds: given.number('timeout', {
      least: 1,
      most: Math.floor((2 ** 31 - 1) / 1000),
    }),
    parallel: given.number('parallel', { least: 1, most: 1000 }) ?? 10,
    port: given.number('port', { least: 1, most: 65535 }),
    isPing: given.flag('ping') ?? false,
    isTest: given.flag('test') ?? false,
    json: given.flag('json') ?? false,
  };
}

function fits(name: keyof typeof patterns, text: string): boolean {
  return new RegExp(patterns[name]).test(text);
}
