import type { Command } from './command.ts';

/** Every command: loaded only when it is the one. */
export const catalogue: Readonly<
  Record<string, { about: string; load(): Promise<Command> }>
> = {
  kick: {
    about: 'ask hosts for one run of their configuration-management tool',
    load: async () => (await import('./kick.ts')).command,
  },
  serve: {
    about: 'stay, and take events out of the spool',
    load: async () => (await import('./serve.ts')).command,
  },
  history: {
    about: 'what was decided, done and healed; --by-service for the sums',
    load: async () => (await import('./history.ts')).command,
  },
  why: {
    about: 'the whole story of a kick, a run or a problem',
    load: async () => (await import('./why.ts')).command,
  },
  stop: {
    about: 'kick nothing any more, until resumed',
    load: async () => (await import('./stop.ts')).command,
  },
  resume: {
    about: 'take `kicker stop` back',
    load: async () => (await import('./resume.ts')).command,
  },
  explain: {
    about: 'what an event would come to, and why; send and write nothing',
    load: async () => (await import('./explain.ts')).command,
  },
  backtest: {
    about: 'what rules would have done with archived nagios.log',
    load: async () => (await import('./backtest.ts')).command,
  },
  ping: {
    about: 'ask kickd on hosts how it is',
    load: async () => (await import('./ping.ts')).command,
  },
  runs: {
    about: 'list the recent runs of a host',
    load: async () => (await import('./runs.ts')).command,
  },
  doctor: {
    about: 'go the way to one host step by step',
    load: async () => (await import('./doctor.ts')).command,
  },
  check: {
    about:
      'look at configuration, certificates, ledger, spool and command file',
    load: async () => (await import('./check.ts')).command,
  },
  completion: {
    about: 'print the completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).command,
  },
};
