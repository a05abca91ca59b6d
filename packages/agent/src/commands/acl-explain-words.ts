import type { FaultFacts } from '@kickd/protocol';

/** An answer of `kickd acl explain`: a decision of the rules, or why there is none. All printable. */
export interface Explanation {
  decision: 'allow' | 'deny' | 'error';
  rule?: string;
  file?: string;
  line?: number;
  reason: string;
  remedy?: string;
  faults?: readonly FaultFacts[];
  warnings?: readonly string[];
}

/** The answer for a person: what, where, why, and what to do about it. Ends in a line break. */
export function explainInWords(explanation: Explanation): string {
  const { decision, rule, file, line, reason, remedy } = explanation;
  const { faults = [], warnings = [] } = explanation;
  const place = file === undefined ? '' : placeOf(file, line);
  const lines =
    decision === 'error'
      ? [
          'error: there is no answer',
          ...faults.flatMap(({ code, message, remedy }) => [
            `  ${code}: ${message}`,
            `    remedy: ${remedy}`,
          ]),
        ]
      : [
          `${decision}${place === '' ? '' : `: ${place}`}${rule === undefined ? '' : `: ${rule}`}`,
          `  why: ${reason}`,
          ...(remedy === undefined ? [] : [`  remedy: ${remedy}`]),
        ];
  const told = warnings.map((warning) => `  warning: ${warning}`);
  return `${[...lines, ...told].join('\n')}\n`;
}

function placeOf(file: string, line: number | undefined): string {
  return line === undefined ? file : `${file}:${line}`;
}
