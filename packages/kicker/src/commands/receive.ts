import { configOption, type Command } from './command.ts';

/** Takes what monitors send over HTTP. Its log goes to standard output, one JSON object a line. */
export const command: Command = {
  spec: {
    name: 'receive',
    operands: '',
    about: 'take the webhooks of monitors, and put them into the spool',
    takesOperands: false,
    options: { ...configOption },
    examples: [
      [
        'systemctl start kicker-receive',
        'as the service that deploy/systemd describes',
      ],
      ['sudo -u nagios kicker receive', 'at the terminal; Ctrl-C ends it'],
    ],
  },
  async execute(given, shell) {
    const { receiveHere } = await import('./receive-here.ts');
    return receiveHere(given, shell);
  },
};
