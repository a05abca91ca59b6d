import { Faults, errors } from '../errors.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { writeCommand } from '../io/command-file.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { identityOf, isAlive } from '../io/process-identity.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import { configOption, type Command } from './command.ts';
import { followKick } from './follow-kick.ts';

/** The process that outlives an event handler; started by it, not by a person. */
export const command: Command = {
  spec: {
    name: 'follow',
    operands: 'KICK',
    about:
      'look after an open kick until it has an outcome (kicker starts this itself)',
    takesOperands: true,
    options: {
      ...configOption,
      ledger: {
        type: 'string',
        value: 'FILE',
        about: 'the ledger that holds the kick',
        group: 'Where from',
      },
      from: { type: 'string', about: '', isHidden: true },
    },
    examples: [],
  },
  async run(given, shell) {
    const [kick] = given.operands;
    if (kick === undefined || given.operands.length > 1) {
      throw new Faults([errors.usage('follow', 'one kick is wanted')]);
    }
    const config = await loadConfig(given.text('config'), shell.env);
    const ledger = openLedger(
      given.text('ledger') ??
        locateLedger(config.ledger, shell.env, shell.user.home),
      shell.clock,
    );
    try {
      const open = ledger.findOpen({ kick });
      if (open === undefined) throw new Faults([errors.kickUnknown(kick)]);
      const own = identityOf(shell.pid) ?? `?/${shell.pid}/?`;
      const mayTake =
        open.owner === own ||
        open.owner === given.text('from') ||
        !isAlive(open.owner);
      if (!mayTake || !ownIt(ledger, kick, open.owner, own)) {
        throw new Faults([errors.kickFollowed(kick)]);
      }
      const client = createAgentClient(() => loadMaterial(config, shell.user), {
        connectMs: config.timeouts.connectSeconds * 1000,
        requestMs: config.timeouts.requestSeconds * 1000,
      });
      return await followKick(
        {
          client,
          ledger,
          shell,
          commandFile: config.nagios.commandFile,
          writeCommand,
          followMs: config.follow.forSeconds * 1000,
        },
        { ...open, owner: own },
      );
    } finally {
      ledger.close();
    }
  },
};

/** The handler hands the kick to us at the same time: either way it is ours. */
function ownIt(
  ledger: ReturnType<typeof openLedger>,
  kick: string,
  from: string,
  own: string,
): boolean {
  return (
    from === own ||
    ledger.claim(kick, from, own) ||
    ledger.findOpen({ kick })?.owner === own
  );
}
