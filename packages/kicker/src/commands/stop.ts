import { learn } from '../decide/learn.ts';
import { exitCodes } from '../errors.ts';
import { isLeased } from '../io/lease.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
} from './command.ts';
import { byOption, openForCommand, readReason } from './judgement.ts';
import { stopView, type StopRecord } from './views/stop.ts';

/** Nothing is kicked any more, by no kicker of this ledger, until somebody says `kicker resume`. */
export const command = createCommand({
  spec: {
    name: 'stop',
    operands: 'REASON…',
    about: 'stop kicking, until `kicker resume`; it outlasts a restart',
    takesOperands: true,
    options: { ...byOption, ...jsonOption, ...configOption },
    examples: [
      ['kicker stop "storage move, until 14:00"', 'as the user of the monitor'],
    ],
  },
  view: stopView,
  async *run(given, shell): Found<StopRecord> {
    const { by, reason } = readReason('stop', given, shell);
    const { ledger, rules } = await openForCommand(given, shell);
    try {
      ledger.transact((transaction) => {
        const now = shell.clock.moment();
        transaction.remember(
          learn(
            { kind: 'stopped', by, reason },
            { rules, memory: transaction, now },
          ),
        );
        transaction.add([
          { entry: { kind: 'stop', body: { by, reason } }, keys: {} },
        ]);
      });
      const open = ledger.listOpen(10_000);
      const waiting = open.filter(
        ({ progress }) => progress.stage === 'sending',
      ).length;
      yield {
        by,
        reason,
        waiting,
        following: open.length - waiting,
        ledger: ledger.file,
        isServed: isLeased(ledger.file),
        holder: ledger.lastHolder()?.holder,
      };
      return exitCodes.ok;
    } finally {
      ledger.close();
    }
  },
});
