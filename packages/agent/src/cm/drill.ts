import type { CmProfile } from '../ports.ts';
import { bareOutcome } from '../run/outcome.ts';
import { createCommand, type CommandSettings } from './command.ts';

export interface DrillSettings extends Omit<CommandSettings, 'services'> {
  /** the services that the program breaks, as the monitor names them */
  breaks: readonly [string, ...string[]];
  /** the profile of a kick that names none: where its tool is disabled, nobody would mend what a drill breaks */
  healer: CmProfile;
}

/**
 * An operator's own program that breaks the services in `breaks`, so that their healing can be practised.
 * Nothing of a kick reaches it: scope is refused, and the service only chooses whether it is started.
 */
export function createDrill(settings: DrillSettings): CmProfile {
  const { breaks, healer } = settings;
  const command = createCommand({ ...settings, services: {} });
  return {
    ...command,
    breaks: new Set(breaks),
    evidenceFiles: (run) => {
      const { report: _, log: _log, ...locks } = healer.evidenceFiles(run);
      return locks;
    },
    command: (run) => {
      const { file, argv } = command.command(run, { cm: '', noop: false });
      return { file, argv, env: { ...settings.env, KICKD_RUN: run } };
    },
    unsupported: ({ noop, tags, environment }) => {
      const asked = [
        ...(noop ? ['noop'] : []),
        ...(tags === undefined ? [] : ['tags']),
        ...(environment === undefined ? [] : ['an environment']),
      ];
      return asked.length === 0
        ? undefined
        : `a drill cannot have ${asked.join(', ')}: it breaks what ${settings.name} breaks`;
    },
    refusal: (evidence) => healer.refusal(evidence),
    outcome: (end, evidence) => {
      const outcome = command.outcome(end, evidence);
      return outcome.kind === 'corrected' || outcome.kind === 'unchanged'
        ? {
            ...outcome,
            ...told('drill', `a drill broke ${breaks.join(', ')} on purpose`),
          }
        : outcome;
    },
  };
}

/** Code and reason, the reason on one printable line. */
function told(code: string, reason: string): { code: string; reason: string } {
  const { reason: line = '' } = bareOutcome('unchanged', code, reason);
  return { code, reason: line };
}
