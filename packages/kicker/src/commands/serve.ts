import { configOption, type Command } from './command.ts';

/** Handles events until it is told to stop. Its log goes to standard output, one JSON object a line. */
export const command: Command = {
  spec: {
    name: 'serve',
    operands: '',
    about:
      'handle the events in the spool, and follow each kick to its verdict',
    takesOperands: false,
    options: {
      'until-idle': {
        type: 'boolean',
        about: 'exit when nothing is left to do; at once where another serves',
        group: 'How',
      },
      detach: {
        type: 'boolean',
        about:
          'with --until-idle: check everything, then continue in the background',
        group: 'How',
      },
      ...configOption,
    },
    examples: [
      [
        'systemctl start kicker',
        'as the service that deploy/systemd describes',
      ],
      ['sudo -u nagios kicker serve', 'at the terminal; Ctrl-C ends it'],
    ],
  },
  async execute(given, shell) {
    // A handler starts the first for each event while nobody serves: it loads nothing of the second.
    if (given.flag('detach') === true) {
      const { detach } = await import('./detach.ts');
      return detach(given, shell);
    }
    const { serveHere } = await import('./serve-here.ts');
    return serveHere(given, shell);
  },
};
