import { Faults, errors, exitCodes } from '../errors.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { isAlive } from '../io/process-identity.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import type { Ledger } from '../ports.ts';
import { lookAfter } from '../kicks/follow.ts';
import { configOption, type Command } from './command.ts';
import { identityOfShell } from './deciding.ts';
import { errandsOf, lookingOf } from './looking.ts';

/** The process that outlives an event handler; started by it, not by a person. */
export const command: Command = {
  spec: {
    name: 'follow',
    operands: '[KICK]',
    about:
      'look after an open kick to its end, and do what is to be done outside (kicker starts this itself)',
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
    if (given.operands.length > 1) {
      throw new Faults([errors.usage('follow', 'one kick is wanted')]);
    }
    const config = await loadConfig(given.text('config'), shell.env);
    const rules = await loadRules(config, shell.env);
    const ledger = openLedger(
      given.text('ledger') ??
        locateLedger(config.ledger, shell.env, shell.user.home),
      shell.clock,
    );
    try {
      const own = identityOfShell(shell);
      const log = (): void => {};
      const errands = errandsOf({ config, ledger, shell, log });
      if (kick !== undefined) {
        const open = ledger.findOpen({ kick });
        if (open === undefined) throw new Faults([errors.kickUnknown(kick)]);
        const mayTake =
          open.owner === own ||
          open.owner === given.text('from') ||
          !isAlive(open.owner);
        if (!mayTake || !ownIt(ledger, kick, open.owner, own)) {
          throw new Faults([errors.kickFollowed(kick)]);
        }
        const looking = lookingOf({
          config,
          rules,
          ledger,
          shell,
          log,
          onErrands: () => void errands.run(),
        });
        await lookAfter({ ...open, owner: own }, looking, shell.signal, true);
      }
      // Whoever serves does them too; what is left when this one is told to stop is done by the next.
      while (errands.run() > 0 && !shell.signal.aborted) {
        await shell.pause(500, shell.signal);
      }
      await errands.settled();
      return shell.signal.aborted ? exitCodes.notKnown : exitCodes.ok;
    } finally {
      ledger.close();
    }
  },
};

/** The handler hands the kick to us at the same time: either way it is ours. */
function ownIt(
  ledger: Ledger,
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
