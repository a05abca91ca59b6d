import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { printable, type FaultFacts } from '@kickd/protocol';
import type { Service, Started } from './commands/start-service.ts';
import { faults } from './errors.ts';
import { createJsonNarrator } from './io/json-narrator.ts';
import { createLogWriter } from './io/log-writer.ts';
import { runnerSocket } from './io/runner-places.ts';
import type { Narrator } from './ports.ts';
import { version } from './version.ts';

/** Variables that load code, change trust or weaken TLS in this process before a line of ours runs. */
const unsafeVariables = [
  'NODE_OPTIONS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_EXTRA_CA_CERTS',
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

/** Starts what runs until a signal comes. */
async function start(
  narrator: Narrator,
  begin: () => Promise<Started>,
): Promise<void> {
  const poisoned = unsafeVariables.filter((name) => process.env[name]);
  if (poisoned.length > 0) {
    tellFaults(poisoned.map((name) => faults.environmentPoisoned(name)));
    return;
  }
  const started = await begin();
  if (started.kind === 'refused') tellFaults(started.faults);
  else closeOnSignal(started.service, narrator);
}

function closeOnSignal(service: Service, narrator: Narrator): void {
  let isClosing = false;
  const close = (signal: NodeJS.Signals): void => {
    if (isClosing) process.exit(1);
    isClosing = true;
    const running = service.runningId;
    narrator.tell({
      event: 'closing',
      signal,
      ...(running !== undefined && { running }),
    });
    service.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
}

const halfOptions = {
  ...configOption,
  socket: {
    type: 'string',
    requiresArg: true,
    default: runnerSocket,
    describe: 'the UNIX socket between listener and runner',
  },
} as const;

interface HalfValues {
  config?: string | undefined;
  socket?: string | undefined;
}

/** Each half loads only what it needs: the listener is to be small, and to hold nothing of the other. */
const halves = {
  listen: async ({
    config,
    socket = runnerSocket,
  }: HalfValues): Promise<void> => {
    // Its standard output may be the audit file.
    const narrator = createJsonNarrator(createLogWriter(2));
    const { listen } = await import('./commands/listen.ts');
    const { env: environment, pid } = process;
    const leave = (): void => void process.kill(pid, 'SIGTERM');
    const options = { configFile: config, runner: socket, narrator, leave };
    await start(narrator, () => listen({ ...options, environment, pid }));
  },
  runner: async ({
    config,
    socket = runnerSocket,
  }: HalfValues): Promise<void> => {
    const narrator = createJsonNarrator(createLogWriter(1));
    const { runRunner } = await import('./commands/run-runner.ts');
    const { env: environment, pid } = process;
    const leave = (): void => void process.kill(pid, 'SIGTERM');
    const options = { configFile: config, socket, narrator, leave };
    await start(narrator, () => runRunner({ ...options, environment, pid }));
  },
} as const;

/**
 * The services are started without the reader of command lines, which is larger than they are; whatever
 * is not exactly `kickd listen` or `kickd runner` with its options is left to it.
 */
function readHalf(
  argv: readonly string[],
): { name: keyof typeof halves; values: HalfValues } | undefined {
  const [name = '', ...args] = argv;
  if (name !== 'listen' && name !== 'runner') return undefined;
  const string = { type: 'string' } as const;
  try {
    const options = { config: string, socket: string };
    const { values } = parseArgs({ args, options });
    const isWhole = values.config !== '' && values.socket !== '';
    return isWhole ? { name, values } : undefined;
  } catch {
    return undefined;
  }
}

async function commandLine(argv: readonly string[]): Promise<void> {
  const { default: yargs } = await import('yargs');
  const { createAclExplain } = await import('./commands/acl-explain.ts');
  const { createAuditVerify } = await import('./commands/audit-verify.ts');
  const { sha256 } = await import('./io/audit-file.ts');
  const { configuredAuditFiles } = await import('./io/audit-places.ts');
  const { configuredCertname } = await import('./io/host-certname.ts');
  const { runAgent } = await import('./commands/run-agent.ts');
  await yargs([...argv])
    .scriptName('kickd')
    .usage(
      '$0 <command>\n\nRuns the configuration-management tool of this host once, when a monitor asks.',
    )
    .command(
      'foreground',
      'run at a terminal and tell every handshake, decision and run in words',
      (args) => args.options(configOption),
      async ({ config }) => {
        const { createTerminalNarrator } =
          await import('./io/terminal-narrator.ts');
        const narrator = createTerminalNarrator({
          write: (text) => process.stdout.write(text),
          hasColors:
            process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
          now: () => new Date(),
        });
        await start(narrator, () => runAgent(config, narrator));
      },
    )
    .command(
      'serve',
      'both halves in one process, where there is no systemd: JSON lines',
      (args) => args.options(configOption),
      async ({ config }) => {
        const narrator = createJsonNarrator(createLogWriter(1));
        await start(narrator, () => runAgent(config, narrator));
      },
    )
    .command(
      'listen',
      'the half that reads the network, without any privilege: JSON lines',
      (args) => args.options(halfOptions),
      (values) => halves.listen(values),
    )
    .command(
      'runner',
      'the half that starts runs, as root, behind a UNIX socket: JSON lines',
      (args) => args.options(halfOptions),
      (values) => halves.runner(values),
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
        const { check } = await import('./commands/check.ts');
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
            hostCertname: configuredCertname,
            stdout: process.stdout,
            setExitCode: (code) => {
              process.exitCode = code;
            },
          }),
        )
        .demandCommand(1, 'say which: kickd acl explain'),
    )
    .command('audit <command>', 'the record of requests', (args) =>
      args
        .command(
          createAuditVerify({
            readFile: (file) => readFileSync(file, 'latin1'),
            sha256,
            configuredFiles: configuredAuditFiles,
            stdout: process.stdout,
            stderr: process.stderr,
            setExitCode: (code) => {
              process.exitCode = code;
            },
          }),
        )
        .demandCommand(1, 'say which: kickd audit verify'),
    )
    .demandCommand(
      1,
      'say what to do: kickd foreground, serve, listen, runner, check, acl explain or audit verify',
    )
    .completion(
      'completion',
      'print the completion script for the shell in $SHELL: bash or zsh',
    )
    .strict()
    .version(`kickd ${version}`)
    .help()
    .fail((message, error) => {
      if (error !== undefined && !message) throw error;
      process.stderr.write(
        `kickd: USAGE: ${printable(message)}\n  remedy: kickd --help\n`,
      );
      process.exit(2);
    })
    .parseAsync();
}

const argv = process.argv.slice(2);
const half = readHalf(argv);
await (half === undefined ? commandLine(argv) : halves[half.name](half.values));
