import { printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import { shownName } from '../../events/name-bytes.ts';
import type { NagiosMacros } from './macros.ts';

/** How the text of a macro becomes a value. */
export interface MacroKind<Value> {
  /** in the words in which a mistake is reported */
  wanted: string;
  /** @returns undefined where the text is no such value */
  parse: (text: string) => Value | undefined;
}

export interface MacroReader {
  /** Without it there is no event. */
  needed<Value>(
    name: keyof NagiosMacros,
    kind: MacroKind<Value>,
  ): Value | undefined;
  /** It may be absent; but the event is about something else where it cannot be read. */
  identity<Value>(
    name: keyof NagiosMacros,
    kind: MacroKind<Value>,
  ): Value | undefined;
  /** It may be absent, and is left out with a remark where it cannot be read: no event is lost for it. */
  optional<Value>(
    name: keyof NagiosMacros,
    kind: MacroKind<Value>,
  ): Value | undefined;
}

/**
 * Reads macros one by one; an empty text is an absent one.
 * @param faults takes every mistake for which there is no event
 * @param remarks takes every other one, in words
 */
export function createMacroReader(
  macros: NagiosMacros,
  faults: FaultFacts[],
  remarks: string[],
): MacroReader {
  const identity: MacroReader['identity'] = (name, { parse, wanted }) => {
    const text = macros[name] ?? '';
    if (text === '') return undefined;
    const { option, macro } = macroSources[name];
    if (isBare(text)) {
      faults.push(errors.macroNotExpanded(option, text, macro));
      return undefined;
    }
    const value = parse(text);
    if (value === undefined) {
      faults.push(errors.macroBad(option, text, wanted, macro));
    }
    return value;
  };
  return {
    identity,
    needed: (name, kind) => {
      if ((macros[name] ?? '') === '') {
        const { option, macro } = macroSources[name];
        faults.push(errors.macroBad(option, '', kind.wanted, macro));
      }
      return identity(name, kind);
    },
    optional: (name, { parse, wanted }) => {
      const text = macros[name] ?? '';
      if (text === '') return undefined;
      const value = isBare(text) ? undefined : parse(text);
      if (value === undefined) {
        const shown = printable(JSON.stringify(shownName(text)), 120);
        remarks.push(
          `${macroSources[name].option} is left out: it is ${shown}, expected: ${wanted}`,
        );
      }
      return value;
    },
  };
}

/**
 * The monitor did not put a value there. Only as a whole: `MSSQL$BKUPEXEC$X` is the name of a service.
 * @see https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/macros.html, on-demand macros
 */
function isBare(text: string): boolean {
  return /^\$[A-Z][A-Z0-9_]*(:[^$]*)?\$$/.test(text);
}

/** The option and the macro that fills it, to name both in a fault. */
export const macroSources: Record<
  keyof NagiosMacros,
  { option: string; macro: string }
> = {
  host: { option: '--host', macro: '$HOSTNAME$' },
  address: { option: '--address', macro: '$HOSTADDRESS$' },
  service: { option: '--service', macro: '$SERVICEDESC$' },
  state: { option: '--state', macro: '$SERVICESTATE$' },
  stateType: { option: '--state-type', macro: '$SERVICESTATETYPE$' },
  attempt: { option: '--attempt', macro: '$SERVICEATTEMPT$' },
  maxAttempts: { option: '--max-attempts', macro: '$MAXSERVICEATTEMPTS$' },
  problemId: { option: '--problem-id', macro: '$SERVICEPROBLEMID$' },
  since: { option: '--since', macro: '$LASTSERVICESTATECHANGE$' },
  lastOk: { option: '--last-ok', macro: '$LASTSERVICEOK$' },
  at: { option: '--at', macro: '$TIMET$' },
  serviceDowntime: { option: '--service-downtime', macro: '$SERVICEDOWNTIME$' },
  hostDowntime: { option: '--host-downtime', macro: '$HOSTDOWNTIME$' },
  hostState: { option: '--host-state', macro: '$HOSTSTATE$' },
  ackAuthor: { option: '--ack-author', macro: '$SERVICEACKAUTHOR$' },
  hostGroups: { option: '--host-groups', macro: '$HOSTGROUPNAMES$' },
  percentChange: {
    option: '--percent-change',
    macro: '$SERVICEPERCENTCHANGE$',
  },
};
