import { learn } from '../decide/learn.ts';
import { exitCodes } from '../errors.ts';
import { spellingsOf } from '../events/name-bytes.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
} from './command.ts';
import { byOption, openForCommand, readReason } from './judgement.ts';
import { resumeView, type ResumeRecord } from './views/stop.ts';

/** Takes `kicker stop` back, or ends the storm of a host group before its time. */
export const command = createCommand({
  spec: {
    name: 'resume',
    operands: '[REASON…]',
    about: 'undo `kicker stop`, or end the storm of a host group',
    takesOperands: true,
    options: {
      storm: {
        type: 'string',
        value: 'GROUP',
        about: 'end the storm of this host group at once',
        group: 'What',
      },
      ...byOption,
      ...jsonOption,
      ...configOption,
    },
    examples: [
      ['kicker resume "the move is done"', 'after kicker stop'],
      ['kicker resume --storm webservers', 'the cause of the storm is gone'],
    ],
  },
  view: resumeView,
  async *run(given, shell): Found<ResumeRecord> {
    const { by, reason } = readReason('resume', given, shell);
    const typed = given.text('storm');
    const { ledger, rules } = await openForCommand(given, shell);
    try {
      const isStorming = (name: string): boolean =>
        ledger.read('group', name)?.storm !== undefined;
      const group =
        typed === undefined
          ? undefined
          : (spellingsOf(typed).find(isStorming) ?? typed);
      const before = ledger.read('fleet', '')?.stopped;
      const hadStorm = group !== undefined && isStorming(group);
      ledger.transact((transaction) => {
        const now = shell.clock.moment();
        transaction.remember(
          learn(
            group === undefined
              ? { kind: 'resumed' }
              : { kind: 'storm-reset', group },
            { rules, memory: transaction, now },
          ),
        );
        const body = {
          by,
          reason,
          ...(group === undefined ? {} : { storm: group }),
        };
        transaction.add([{ entry: { kind: 'resume', body }, keys: {} }]);
      });
      yield {
        by,
        reason,
        storm: group,
        hadEffect: group === undefined ? before !== undefined : hadStorm,
        stopped: group === undefined ? before : undefined,
      };
      return exitCodes.ok;
    } finally {
      ledger.close();
    }
  },
});
