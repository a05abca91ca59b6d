import { renameSync, writeFileSync } from 'node:fs';
import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { codeOf } from './error-code.ts';

/**
 * Puts the metrics where node_exporter's textfile collector reads them: the old ones or the new ones, never a part. What
 * is on its way has a name that the collector does not read.
 * @throws {Fault} METRICS_UNWRITABLE
 * @see https://github.com/prometheus/node_exporter#textfile-collector
 */
export function writeMetricsFile(
  file: string,
  text: string,
  pid: number,
): void {
  const draft = `${file}.${String(pid)}`;
  try {
    writeFileSync(draft, text, { mode: 0o644 });
    renameSync(draft, file);
  } catch (error) {
    throw new Fault(errors.metricsUnwritable(file, codeOf(error)));
  }
}
