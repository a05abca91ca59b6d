import { Value } from 'typebox/value';
import { Run, RunList, Status } from '@kickd/protocol';

const schemas = { run: Run, 'run-list': RunList, status: Status };

/** Whether a parsed body fits the protocol's own schema. */
export function fitsSchema(
  shape: keyof typeof schemas,
  body: unknown,
): boolean {
  return Value.Check(schemas[shape], body);
}
