import { createGiven } from '../../../src/commands/given.ts';
import {
  jsonView,
  type Out,
  type Printer,
  type View,
} from '../../../src/commands/views/view.ts';

/** What a view prints: stdout line by line, a line of stderr behind `! `. */
export function printed<Found>(
  view: View<Found>,
  records: readonly Found[],
  {
    flags = {},
    ...terminal
  }: { flags?: Record<string, unknown> } & Partial<
    Pick<Out, 'env' | 'stdoutIsTty'>
  > = {},
): string[] {
  return collect(
    (out) => view(out, createGiven({ name: 'test' }, flags, [])),
    records,
    terminal,
  );
}

/** What --json prints, parsed. */
export function printedJson(records: readonly object[]): unknown[] {
  return collect((out) => jsonView<object>(out), records).map((line): unknown =>
    JSON.parse(line),
  );
}

function collect<Found>(
  begin: (out: Out) => Printer<Found>,
  records: readonly Found[],
  terminal: Partial<Pick<Out, 'env' | 'stdoutIsTty'>> = {},
): string[] {
  const lines: string[] = [];
  const printer = begin({
    say: (line) => void lines.push(line),
    warn: (line) => void lines.push(`! ${line}`),
    env: {},
    stdoutIsTty: false,
    ...terminal,
  });
  for (const record of records) printer.print(record);
  printer.end?.();
  return lines;
}
