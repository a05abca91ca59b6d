import { Value } from 'typebox/value';
import { Run, RunList, Status } from '@kickd/protocol';

export type ReplyShape = 'run' | 'run-list' | 'status';

/** Whether a parsed body is what the protocol promises for this request. */
export function hasShape(shape: ReplyShape, body: unknown): boolean {
  switch (shape) {
    case 'run':
      return Value.Check(Run, body);
    case 'run-list':
      return Value.Check(RunList, body);
    case 'status':
      return Value.Check(Status, body);
  }
}
