import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { Call } from './rpc.ts';
import { parseProblems, type Problem } from './snapshot.ts';

/** So many are asked for at once, and remembered. */
export const problemsMost = 10_000;

type AskedProblems =
  | {
      kind: 'problems';
      open: ReadonlyMap<string, Problem>;
      /** false: there may be more, and what is not among them may be open */
      isWhole: boolean;
    }
  | { kind: 'fault'; fault: FaultFacts };

/** Every open problem of a trigger, with its host and its items. */
export async function askProblems(
  call: Call,
  url: string,
  signal: AbortSignal,
): Promise<AskedProblems> {
  const problems = await call(
    'problem.get',
    {
      output: [
        'eventid',
        'objectid',
        'clock',
        'name',
        'severity',
        'acknowledged',
        'suppressed',
        'r_eventid',
      ],
      source: 0,
      object: 0,
      selectTags: 'extend',
      selectAcknowledges: ['username', 'message', 'action', 'clock'],
      sortfield: ['eventid'],
      limit: problemsMost,
    },
    signal,
  );
  if (problems.kind === 'fault') return problems;
  const found = Array.isArray(problems.result) ? problems.result : [];
  const triggerids = [
    ...new Set(
      found.map((one: { objectid?: unknown } | null) => String(one?.objectid)),
    ),
  ];
  const triggers = await call(
    'trigger.get',
    {
      triggerids,
      output: ['triggerid'],
      selectHosts: ['host', 'maintenance_status'],
      selectGroups: ['name'],
      selectItems: ['itemid', 'key_', 'type'],
    },
    signal,
  );
  if (triggers.kind === 'fault') return triggers;
  const open = parseProblems(problems.result, triggers.result);
  return open === undefined
    ? {
        kind: 'fault',
        fault: errors.monitorRefused(url, 'problem.get', 200, 'no list'),
      }
    : { kind: 'problems', open, isWhole: found.length < problemsMost };
}
