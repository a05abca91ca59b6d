import { printable, type CorrectedResource } from '@kickd/protocol';
import { parseDocument } from 'yaml';
import { nestsTooDeep } from './yaml-shape.ts';

/** What kickd reads of a Puppet report (format 11 and 12). */
export interface PuppetReport {
  jobId?: string;
  status: 'changed' | 'unchanged' | 'failed';
  completed: boolean;
  configVersion?: string;
  cachedCatalog: boolean;
  corrected: CorrectedResource[];
  /** noop: what would have been put back */
  pending: CorrectedResource[];
  failed: string[];
  /** the first message of level err or above, for the reason of a failure */
  firstError?: string;
}

/** Most resources that an outcome names; a run that changes more is not a repair. */
const resourcesMax = 50;

/**
 * Reads `last_run_report.yaml`: YAML with Ruby tags, which are ignored, never resolved.
 * @returns undefined when the text is not a report
 * @see lib/puppet/transaction/report.rb, to_data_hash
 */
export function parsePuppetReport(text: string): PuppetReport | undefined {
  const report = readYaml(text);
  if (!isRecord(report)) return undefined;
  const { status } = report;
  if (status !== 'changed' && status !== 'unchanged' && status !== 'failed') {
    return undefined;
  }
  const resources = isRecord(report['resource_statuses'])
    ? Object.values(report['resource_statuses']).filter(isRecord)
    : [];
  const jobId = textOf(report['job_id']);
  const configVersion = textOf(report['configuration_version']);
  const firstError = findFirstError(report['logs']);
  return {
    status,
    completed: report['transaction_completed'] !== false,
    cachedCatalog: report['cached_catalog_status'] === 'on_failure',
    corrected: changesOf(resources, 'success'),
    pending: changesOf(resources, 'noop'),
    failed: resources
      .filter((resource) => resource['failed'] === true)
      .map((resource) => nameOf(resource))
      .slice(0, resourcesMax),
    ...(jobId !== undefined && { jobId }),
    ...(configVersion !== undefined && { configVersion }),
    ...(firstError !== undefined && { firstError }),
  };
}

/** @returns undefined where the text is no YAML, or none that Puppet would write: an alias of nothing, or one that grows without end, throws */
function readYaml(text: string): unknown {
  if (nestsTooDeep(text)) return undefined;
  try {
    const document = parseDocument(text, {
      logLevel: 'silent',
      uniqueKeys: false,
      // without the resolution of Ruby's own tags each tagged node is a plain map, list or text
      customTags: [],
      schema: 'core',
    });
    return document.toJS({ maxAliasCount: 1000 });
  } catch {
    return undefined;
  }
}

function changesOf(
  resources: Record<string, unknown>[],
  status: 'success' | 'noop',
): CorrectedResource[] {
  return resources
    .flatMap((resource) =>
      eventsOf(resource)
        .filter((event) => event['status'] === status)
        .map((event) => ({
          resource: nameOf(resource),
          ...property(event),
          corrective: event['corrective_change'] === true,
        })),
    )
    .slice(0, resourcesMax);
}

function eventsOf(
  resource: Record<string, unknown>,
): Record<string, unknown>[] {
  const { events } = resource;
  return Array.isArray(events) ? events.filter(isRecord) : [];
}

function property(event: Record<string, unknown>): Partial<CorrectedResource> {
  const name = textOf(event['property']);
  if (name === undefined) return {};
  // A value of content, of a password or of anything redacted stays where it is.
  const isShown = event['redacted'] !== true && name === 'ensure';
  const from = textOf(event['previous_value']);
  const to = textOf(event['desired_value']);
  return {
    property: printable(name, 64),
    ...(isShown && from !== undefined && { from: printable(from, 64) }),
    ...(isShown && to !== undefined && { to: printable(to, 64) }),
  };
}

function nameOf(resource: Record<string, unknown>): string {
  return printable(textOf(resource['resource']) ?? 'unknown', 200);
}

function findFirstError(logs: unknown): string | undefined {
  if (!Array.isArray(logs)) return undefined;
  const levels = new Set(['err', 'alert', 'emerg', 'crit']);
  const message = logs
    .filter(isRecord)
    .filter((log) => levels.has(textOf(log['level']) ?? ''))
    // Facter complains about files that it may not read, of which no run fails
    .filter((log) => textOf(log['source']) !== 'Facter')
    .map((log) => textOf(log['message']))
    .find((text) => text !== undefined && !text.startsWith('Facter: '));
  return message === undefined ? undefined : printable(message);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.replace(/^:/, '');
  if (typeof value === 'number') return String(value);
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
