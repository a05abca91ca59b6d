import type { Command } from './command.ts';

/** Every command: loaded only when it is the one. */
export const catalogue: Readonly<
  Record<string, { about: string; load(): Promise<Command> }>
> = {
  kick: {
    about: 'ask hosts for one run of their CM tool',
    load: async () => (await import('./kick.ts')).command,
  },
  drill: {
    about: 'break a service on purpose, as agreed, and time its healing',
    load: async () => (await import('./drill.ts')).command,
  },
  serve: {
    about: 'handle the events in the spool, follow each kick to its end',
    load: async () => (await import('./serve.ts')).command,
  },
  receive: {
    about: 'take the webhooks of monitors, into the spool',
    load: async () => (await import('./receive.ts')).command,
  },
  history: {
    about: 'print what was decided, done and healed',
    load: async () => (await import('./history.ts')).command,
  },
  why: {
    about: 'print the whole story of a kick, a run or a problem',
    load: async () => (await import('./why.ts')).command,
  },
  stop: {
    about: 'stop kicking, until `kicker resume`',
    load: async () => (await import('./stop.ts')).command,
  },
  resume: {
    about: 'undo `kicker stop`',
    load: async () => (await import('./resume.ts')).command,
  },
  explain: {
    about: 'print the decision for an event, and why; send nothing',
    load: async () => (await import('./explain.ts')).command,
  },
  backtest: {
    about: 'print what rules would have done with archived nagios.log',
    load: async () => (await import('./backtest.ts')).command,
  },
  ping: {
    about: 'print the status of kickd on hosts',
    load: async () => (await import('./ping.ts')).command,
  },
  runs: {
    about: 'list the recent runs of a host',
    load: async () => (await import('./runs.ts')).command,
  },
  doctor: {
    about: 'test the way to one host step by step',
    load: async () => (await import('./doctor.ts')).command,
  },
  check: {
    about: 'check configuration, certificates, ledger and spool',
    load: async () => (await import('./check.ts')).command,
  },
  completion: {
    about: 'print the completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).command,
  },
};
