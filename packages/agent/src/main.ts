import { readFileSync } from 'node:fs';
import { printable, type FaultFacts } from '@kickd/protocol';
import yargs from 'yargs';
import { check } from './commands/check.ts';
import { createAclExplain } from './commands/acl-explain.ts';
import { runAgent } from './commands/run-agent.ts';
import { faults } from './errors.ts';
import { createJsonNarrator } from './io/json-narrator.ts';
import { createTerminalNarrator } from './io/terminal-narrator.ts';
import type { Narrator } from './ports.ts';
import { version } from './version.ts';

/** Variables that load code, change trust or weaken TLS in this process before a line of ours runs. */
const unsafeVariables = [
  'NODE_OPTIONS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'OPENSSL_CONF',
  'SSLKEYLOGFILE',
  'LD_PRELOAD',
];

const configOption = {
  config: {
    type: 'string',
    requiresArg: true,
    describe: 'the configuration (default /etc/kickd/kickd.yaml)',
  },
} as const;

function tellFaults(found: readonly FaultFacts[]): void {
  for (const { code, message, remedy } of found) {
    process.stderr.write(`kickd: ${code}: ${message}\n  remedy: ${remedy}\n`);
  }
  process.exitCode = Math.max(2, ...found.map(({ exitCode }) => exitCode));
}

async function start(
  configFile: string | undefined,
  narrator: Narrator,
): Promise<void> {
  const poisoned = unsafeVariables.filter((name) => process.env[name]);
  if (poisoned.length > 0) {
    tellFaults(poisoned.map((name) => faults.environmentPoisoned(name)));
    return;
  }
  const started = await runAgent(configFile, narrator);
  if (started.kind === 'refused') {
    tellFaults(started.faults);
    return;
  }
  const { agent } = started;
  let isClosing = false;
  const close = (signal: NodeJS.Signals): void => {
    if (isClosing) process.exit(1);
    isClosing = true;
    narrator.tell({
      event: 'closing',
      signal,
      ...(agent.runningId !== undefined && { running: agent.runningId }),
    });
    agent.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
}

await yargs(process.argv.slice(2))
  .scriptName('kickd')
  .usage(
    '$0 <command>\n\nRuns the configuration-management tool of this host once, when a monitor asks.',
  )
  .command(
    'foreground',
    'run at a terminal and tell every handshake, decision and run in words',
    (args) => args.options(configOption),
    async ({ config }) => {
      const narrator = createTerminalNarrator({
        write: (text) => process.stdout.write(text),
        hasColors:
          process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
        now: () => new Date(),
      });
      await start(config, narrator);
    },
  )
  .command(
    'serve',
    'run as a service: JSON lines on standard output',
    (args) => args.options(configOption),
    async ({ config }) => {
      await start(config, createJsonNarrator());
    },
  )
  .command(
    'check',
    'say what is wrong with configuration, certificates, CRL, ACL and CM tool',
    (args) =>
      args.options(configOption).option('json', {
        type: 'boolean',
        default: false,
        describe: 'one object: {"findings": [...]}',
      }),
    async ({ config, json }) => {
      const findings = await check(config, new Date());
      if (json) process.stdout.write(`${JSON.stringify({ findings })}\n`);
      else {
        for (const { subject, level, message, code, remedy } of findings) {
          const what = code === undefined ? message : `${code}: ${message}`;
          process.stdout.write(`${level.padEnd(7)} ${subject}: ${what}\n`);
          if (remedy !== undefined)
            process.stdout.write(`        remedy: ${remedy}\n`);
        }
      }
      const levels = new Set(findings.map(({ level }) => level));
      process.exitCode = levels.has('fault')
        ? 2
        : levels.has('warning')
          ? 1
          : 0;
    },
  )
  .command('acl <command>', 'the access rules', (args) =>
    args
      .command(
        createAclExplain({
          readFile: (file) => readFileSync(file, 'utf8'),
          stdout: process.stdout,
          setExitCode: (code) => {
            process.exitCode = code;
          },
        }),
      )
      .demandCommand(1, 'say which: kickd acl explain'),
  )
  .demandCommand(
    1,
    'say what to do: kickd foreground, serve, check or acl explain',
  )
  .strict()
  .version(version)
  .help()
  .fail((message, error) => {
    if (error !== undefined && !message) throw error;
    process.stderr.write(
      `kickd: USAGE: ${printable(message)}\n  remedy: kickd --help\n`,
    );
    process.exit(2);
  })
  .parseAsync();
