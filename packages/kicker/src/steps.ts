import type { FaultFacts } from '@kickd/protocol';
import type { CheckStep } from './ports.ts';

export function passed(step: string, text: string): CheckStep {
  return { step, ok: true, text };
}

export function failed(
  step: string,
  { code, message, remedy }: Omit<FaultFacts, 'exitCode'>,
): CheckStep {
  return { step, ok: false, text: message, remedy, code };
}
