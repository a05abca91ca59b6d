import { Value } from 'typebox/value';
import { Run, RunList, Status } from '@kickd/protocol';

const shapes = { run: Run, 'run-list': RunList, status: Status };
export type ReplyShape = keyof typeof shapes;

/** Whether a parsed body is what the protocol promises for this request. */
export function hasShape(shape: ReplyShape, body: unknown): boolean {
  return Value.Check(shapes[shape], body);
}
