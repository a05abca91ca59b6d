import type { FaultFacts } from '@kickd/protocol';

/** One thing that was looked at. */
export interface Finding {
  subject:
    | 'configuration'
    | 'certificates'
    | 'acl'
    | 'cm'
    | 'probe'
    | 'standby'
    | 'runs'
    | 'state'
    | 'audit';
  level: 'ok' | 'warning' | 'fault';
  /** what is fine, or the fault */
  message: string;
  code?: string;
  remedy?: string;
}

export function fine(subject: Finding['subject'], message: string): Finding {
  return { subject, level: 'ok', message };
}

export function finding(
  subject: Finding['subject'],
  level: 'warning' | 'fault',
  { code, message, remedy }: FaultFacts,
): Finding {
  return { subject, level, message, code, remedy };
}
