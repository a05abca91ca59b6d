import {
  oneLine,
  outcomeLimits,
  printable,
  type CorrectedResource,
} from '@kickd/protocol';
import { Anchors } from './yaml-anchors.ts';
import { readBlock, type Yaml } from './yaml-block.ts';
import { YamlSections, type Section } from './yaml-sections.ts';

/** What kickd reads of a Puppet report (formats 4 to 12). */
export interface PuppetReport {
  jobId?: string;
  status: 'changed' | 'unchanged' | 'failed';
  completed: boolean;
  /** the run changed nothing but what has `noop => false`: asked for, or by the host's own configuration */
  noop: boolean;
  /** something would have been changed */
  noopPending: boolean;
  configVersion?: string;
  cachedCatalog: boolean;
  corrected: CorrectedResource[];
  /** noop: what would have been put back */
  pending: CorrectedResource[];
  /** resources that failed, or that could not be restarted */
  failed: string[];
  /** the first message of level err or above, for the reason of a failure */
  firstError?: string;
}

export type ReadReport =
  | { kind: 'report'; report: PuppetReport }
  /** it is there, and it is no report, or not a whole one */
  | { kind: 'damaged'; reason: string; jobId?: string };

const headKeys = new Set([
  'status',
  'job_id',
  'transaction_completed',
  'noop',
  'noop_pending',
  'configuration_version',
  'cached_catalog_status',
]);
const resourceKeys = new Set([
  'resource',
  'resource_type',
  'title',
  'failed',
  'failed_to_restart',
  'events',
  'status',
  'property',
  'previous_value',
  'desired_value',
  'corrective_change',
  'redacted',
]);
const logKeys = new Set(['level', 'message', 'source']);

const anchored = / &\w/;
/** Every repeat has a bound: an entry may hold anything. */
const behind = `["']?: {0,9}(?:!\\S{1,99} {0,9})?["':]{0,9}`;
const success = new RegExp(`status${behind}success`);
const noop = new RegExp(`status${behind}noop`);
const level = new RegExp(
  `level(?:${behind}(?:err|alert|emerg|crit)|: {0,9}[*&])`,
);
/** where the word itself may stand elsewhere in the report */
const aliased = /status: {0,9}[*&]|events: {0,9}\*|events:\r?\n {0,20}- \*/;
const levels = new Set(['err', 'alert', 'emerg', 'crit']);

/**
 * Reads `last_run_report.yaml` piece by piece, whatever its size: its head, the resources that changed, failed or are
 * pending, and the first error of its logs. Ruby's tags are passed over, never resolved.
 * @see lib/puppet/transaction/report.rb, to_data_hash
 */
export class PuppetReportReader {
  readonly #sections = new YamlSections({
    isCut: (name) => !headKeys.has(name),
    entry: (text, section) => this.#entry(text, section),
  });
  readonly #anchors = new Anchors();
  readonly #head = new Map<string, Yaml>();
  readonly #corrected: CorrectedResource[] = [];
  readonly #pending: CorrectedResource[] = [];
  readonly #failed: string[] = [];
  #firstError: string | undefined;
  #hasResources = false;
  #isEmpty = true;
  /** the last key of the first resource, and of the one that was read last */
  #firstEnd: string | undefined;
  #lastEntry = '';

  take(piece: Buffer): void {
    if (piece.length > 0) this.#isEmpty = false;
    this.#sections.take(piece);
  }

  /** Call once, behind the last piece. */
  end(): ReadReport {
    this.#sections.end();
    const head = (key: string): string | undefined =>
      textOf(this.#head.get(key));
    const jobId = head('job_id');
    const reason = this.#isEmpty ? 'it is empty' : this.#damage();
    const status = head('status');
    if (
      reason !== undefined ||
      (status !== 'changed' && status !== 'unchanged' && status !== 'failed')
    ) {
      return {
        kind: 'damaged',
        reason: reason ?? 'it is no report of Puppet',
        ...(jobId !== undefined && { jobId }),
      };
    }
    const configVersion = head('configuration_version');
    return {
      kind: 'report',
      report: {
        status,
        completed: head('transaction_completed') !== 'false',
        noop: head('noop') === 'true',
        noopPending: head('noop_pending') === 'true',
        cachedCatalog: head('cached_catalog_status') === 'on_failure',
        corrected: this.#corrected,
        pending: this.#pending,
        failed: this.#failed,
        ...(jobId !== undefined && { jobId }),
        ...(configVersion !== undefined && {
          configVersion: printable(
            configVersion,
            outcomeLimits.configVersionChars,
          ),
        }),
        ...(this.#firstError !== undefined && { firstError: this.#firstError }),
      },
    };
  }

  #damage(): string | undefined {
    const { damage, lacksBreak } = this.#sections;
    if (damage !== undefined) {
      return `${damage.what} at byte ${String(damage.atByte)}`;
    }
    return (lacksBreak && !this.#hasResources) || this.#isCutBetweenLines()
      ? 'it breaks off'
      : undefined;
  }

  /** Puppet ends every resource with the same key: one that has another, at the end of the file, is not whole. */
  #isCutBetweenLines(): boolean {
    return (
      this.#firstEnd === 'corrective_change' &&
      this.#lastEntry !== '' &&
      lastKey(this.#lastEntry) !== this.#firstEnd
    );
  }

  #entry(text: string, section: Section | undefined): void {
    // an anchor may stand anywhere, and only reading tells it from text
    const isAnchored =
      text.includes(' &') && anchored.test(text) && !this.#anchors.isFull;
    if (section === undefined) {
      this.#lastEntry = '';
      const key = /^ *["']?([a-z_]+)/.exec(text)?.[1] ?? '';
      if (key === 'resource_statuses') this.#hasResources = true;
      if (headKeys.has(key) || isAnchored || key === 'resource_statuses') {
        this.#readKey(text);
      }
    } else if (section.name === 'resource_statuses') {
      this.#hasResources = true;
      this.#firstEnd ??= lastKey(text);
      this.#lastEntry = text;
      const entry = this.#read(text, resourceKeys, isAnchored, () =>
        this.#isResourceOfInterest(text),
      );
      if (entry instanceof Map) this.#resources(entry);
    } else if (section.name === 'logs') {
      const entry = this.#read(
        text,
        logKeys,
        isAnchored,
        () =>
          this.#firstError === undefined &&
          level.test(text) &&
          !text.includes(`\n${' '.repeat(section.indent)}  source: Facter\n`),
      );
      if (Array.isArray(entry)) this.#firstError ??= findFirstError(entry);
    } else if (isAnchored) {
      this.#readWhole(text);
    }
  }

  #readKey(text: string): void {
    const entry = this.#readWhole(text);
    if (!isMap(entry)) return;
    for (const [key, value] of entry) {
      if (headKeys.has(key)) this.#head.set(key, value);
      // on one line, in brackets
      if (key === 'resource_statuses' && isMap(value)) this.#resources(value);
    }
  }

  /** @returns undefined where the text is of no interest and holds no anchor */
  #read(
    text: string,
    wanted: ReadonlySet<string>,
    isAnchored: boolean,
    isOfInterest: () => boolean,
  ): Yaml {
    if (isAnchored) return this.#readWhole(text);
    if (!isOfInterest()) return undefined;
    return readBlock(decode(text), { anchors: this.#anchors, wanted });
  }

  #readWhole(text: string): Yaml {
    return readBlock(decode(text), { anchors: this.#anchors });
  }

  #isResourceOfInterest(text: string): boolean {
    if (
      this.#failed.length < outcomeLimits.resources &&
      (text.includes('failed: true') ||
        text.includes('failed_to_restart: true') ||
        text.includes('failed": true'))
    ) {
      return true;
    }
    return (
      (this.#corrected.length < outcomeLimits.resources &&
        text.includes('success') &&
        success.test(text)) ||
      (this.#pending.length < outcomeLimits.resources &&
        text.includes('noop') &&
        noop.test(text)) ||
      (text.includes('*') && aliased.test(text))
    );
  }

  #resources(entries: ReadonlyMap<string, Yaml>): void {
    for (const [key, resource] of entries) {
      if (!isMap(resource)) continue;
      const name = nameOf(key, resource);
      if (
        resource.get('failed') === 'true' ||
        resource.get('failed_to_restart') === 'true'
      ) {
        add(this.#failed, name);
      }
      const events = resource.get('events');
      if (!Array.isArray(events)) continue;
      for (const event of events as readonly Yaml[]) {
        if (!isMap(event)) continue;
        const status = textOf(event.get('status'));
        if (status !== 'success' && status !== 'noop') continue;
        add(status === 'success' ? this.#corrected : this.#pending, {
          resource: name,
          ...property(event),
          corrective: event.get('corrective_change') === 'true',
        });
      }
    }
  }
}

/**
 * A whole report in memory.
 * @returns undefined when the text is not a report
 * @internal for tests: what is started reads in pieces
 */
export function parsePuppetReport(text: string): PuppetReport | undefined {
  const reader = new PuppetReportReader();
  reader.take(Buffer.from(text));
  const read = reader.end();
  return read.kind === 'report' ? read.report : undefined;
}

function add<Item>(list: Item[], item: Item): void {
  if (list.length < outcomeLimits.resources) list.push(item);
}

/** The key of the last line at the depth of a resource's own keys. */
function lastKey(entry: string): string | undefined {
  const indent = /\n( +)\S/.exec(entry)?.[1];
  if (indent === undefined) return undefined;
  let end = entry.length;
  for (;;) {
    const at = entry.lastIndexOf(`\n${indent}`, end - 1);
    if (at < 0 || end <= 0) return undefined;
    const key = /^[a-z_]+(?=:)/.exec(
      entry.slice(at + 1 + indent.length, at + indent.length + 80),
    )?.[0];
    if (key !== undefined) return key;
    end = at;
  }
}

function property(
  event: ReadonlyMap<string, Yaml>,
): Partial<CorrectedResource> {
  const name = textOf(event.get('property'));
  if (name === undefined) return {};
  // A value of content, of a password or of anything redacted stays where it is.
  const isShown = event.get('redacted') !== 'true' && name === 'ensure';
  const from = textOf(event.get('previous_value'));
  const to = textOf(event.get('desired_value'));
  return {
    property: printable(name, outcomeLimits.propertyChars),
    ...(isShown &&
      from !== undefined && {
        from: printable(from, outcomeLimits.valueChars),
      }),
    ...(isShown &&
      to !== undefined && { to: printable(to, outcomeLimits.valueChars) }),
  };
}

function nameOf(key: string, resource: ReadonlyMap<string, Yaml>): string {
  return printable(
    textOf(resource.get('resource')) ?? (key || 'unknown'),
    outcomeLimits.nameChars,
  );
}

function findFirstError(logs: readonly Yaml[]): string | undefined {
  for (const log of logs) {
    if (!isMap(log) || !levels.has(textOf(log.get('level')) ?? '')) continue;
    // Facter complains about files that it may not read, of which no run fails
    if (textOf(log.get('source')) === 'Facter') continue;
    const message = textOf(log.get('message'));
    if (message !== undefined && !message.startsWith('Facter: ')) {
      return oneLine(message);
    }
  }
  return undefined;
}

function decode(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

function textOf(value: Yaml): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isMap(value: Yaml): value is ReadonlyMap<string, Yaml> {
  return value instanceof Map;
}
