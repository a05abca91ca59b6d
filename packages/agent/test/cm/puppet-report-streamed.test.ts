import { deepStrictEqual as strictSame } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { parseDocument, stringify } from 'yaml';
import { oneLine, printable } from '@kickd/protocol';
import {
  PuppetReportReader,
  type ReadReport,
} from '../../src/cm/puppet-report.ts';

/** The report through the reader in pieces of so many bytes. */
function readInPieces(text: string, bytes: number): ReadReport {
  const reader = new PuppetReportReader();
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) {
    reader.take(all.subarray(at, at + bytes));
  }
  return reader.end();
}

// ── what a parser of YAML makes of the same text ────────────────────────────

type Plain = Record<string, unknown>;
const isRecord = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== ''
    ? value.replace(/^:/, '')
    : undefined;
const listOf = (value: unknown): Plain[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

function readByTree(text: string): unknown {
  const report = parseDocument(text, {
    schema: 'failsafe',
    logLevel: 'silent',
  }).toJS({ maxAliasCount: -1 }) as Plain;
  const resources = Object.values(report['resource_statuses'] as Plain).filter(
    isRecord,
  );
  const nameOf = (resource: Plain): string =>
    printable(textOf(resource['resource']) ?? 'unknown', 200);
  const changes = (status: string): unknown[] =>
    resources
      .flatMap((resource) =>
        listOf(resource['events'])
          .filter((event) => textOf(event['status']) === status)
          .map((event) => {
            const shown = event['property'] === 'ensure';
            return {
              resource: nameOf(resource),
              property: printable(textOf(event['property']) ?? '', 64),
              ...(shown && {
                from: printable(textOf(event['previous_value']) ?? '', 64),
                to: printable(textOf(event['desired_value']) ?? '', 64),
              }),
              corrective: event['corrective_change'] === 'true',
            };
          }),
      )
      .slice(0, 50);
  const error = listOf(report['logs'])
    .filter((log) => textOf(log['level']) === 'err')
    .map((log) => textOf(log['message']))
    .find((message) => message !== undefined);
  return {
    status: report['status'],
    completed: report['transaction_completed'] !== 'false',
    noop: report['noop'] === 'true',
    noopPending: report['noop_pending'] === 'true',
    cachedCatalog: false,
    corrected: changes('success'),
    pending: changes('noop'),
    failed: resources
      .filter((resource) => resource['failed'] === 'true')
      .map(nameOf)
      .slice(0, 50),
    jobId: textOf(report['job_id']),
    configVersion: printable(textOf(report['configuration_version']) ?? '', 64),
    ...(error !== undefined && { firstError: oneLine(error) }),
  };
}

// ── reports as they come, and worse ─────────────────────────────────────────

/** Texts that look like structure, and such that no writer leaves on one line. */
const oddText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'failed: true',
        'status: success',
        '- level: err',
        'resource_statuses:',
        '---',
        '...',
        '- - - - -',
        '{"a": [[[',
        ']}',
        '"',
        "'",
        '\\',
        '\\n',
        '#',
        ' # x',
        ': ',
        ':',
        '|-',
        '>',
        '&a',
        '*a',
        '!ruby/sym x',
        '? ',
        '%',
        '@',
        '`',
        'Dienst läuft nicht',
        '日本',
        '🔥',
        '\u001b[31mred\u001b[0m',
        '\t',
        '~',
        'true',
        'x'.repeat(90),
      ),
      fc.string({ maxLength: 12 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .chain((parts) =>
    fc
      .constantFrom('', ' ', '\n', '\n\n', '\n  ', ' \n')
      .map((glue) => `x${parts.join(glue)}`),
  );
const version = fc.oneof(
  fc.constantFrom(
    '1e5',
    '0123',
    '12345678',
    '2026-11-26',
    '0x1f',
    '~',
    'yes',
    'null',
  ),
  oddText,
);
const event = fc.record({
  audited: fc.constant(false),
  property: fc.constantFrom('ensure', 'content', 'mode'),
  previous_value: oddText,
  desired_value: fc.oneof(oddText, fc.constantFrom('running', ':running')),
  historical_value: fc.constant(null),
  message: oddText,
  name: fc.constant('x'),
  status: fc.constantFrom('success', 'noop', 'failure', 'audit'),
  redacted: fc.constant(null),
  corrective_change: fc.boolean(),
});
const resource = fc.record({
  title: oddText,
  file: fc.constantFrom(null, '/etc/puppet/site.pp'),
  resource: oddText,
  tags: fc.array(oddText, { maxLength: 3 }),
  failed: fc.boolean(),
  changed: fc.boolean(),
  events: fc.array(event, { maxLength: 3 }),
  corrective_change: fc.boolean(),
});
const log = fc.record({
  level: fc.constantFrom('notice', 'err', 'warning'),
  message: oddText,
  source: fc.constant('Puppet'),
  tags: fc.array(oddText, { maxLength: 2 }),
});
const report = fc
  .record({
    head: fc.record({
      host: fc.constant('web1.example.com'),
      configuration_version: version,
      job_id: fc.uuid(),
      status: fc.constantFrom('changed', 'unchanged', 'failed'),
      transaction_completed: fc.boolean(),
      noop: fc.boolean(),
      noop_pending: fc.boolean(),
    }),
    logs: fc.array(log, { maxLength: 4 }),
    resources: fc.array(
      fc.tuple(fc.oneof(oddText, fc.constant(`k${'y'.repeat(140)}`)), resource),
      { maxLength: 5 },
    ),
    isLogsLast: fc.boolean(),
  })
  .map(({ head, logs, resources, isLogsLast }) => ({
    ...head,
    ...(isLogsLast ? {} : { logs }),
    metrics: { time: { name: 'time', values: [['total', 'Total', 1]] } },
    resource_statuses: Object.fromEntries(resources),
    ...(isLogsLast ? { logs } : {}),
    corrective_change: false,
  }));
const writing = fc.record({
  lineWidth: fc.constantFrom(0, 40, 80),
  indentSeq: fc.boolean(),
  blockQuote: fc.constantFrom<('literal' | 'folded' | boolean)[]>(
    'literal',
    'folded',
    true,
    false,
  ),
  singleQuote: fc.constantFrom(true, false, null),
  indent: fc.constantFrom(2, 4),
});

t.test('a report in pieces is what a parser makes of the whole', (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        report,
        writing,
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom('\n', '\r\n'),
        (value, options, bytes, lineBreak) => {
          const text =
            `--- !ruby/object:Puppet::Transaction::Report\n${stringify(value, {
              ...options,
              aliasDuplicateObjects: false,
              version: '1.1',
            })}`.replaceAll('\n', lineBreak);
          strictSame(
            { ...readInPieces(text, bytes) },
            { kind: 'report', report: readByTree(text) },
          );
        },
      ),
      { numRuns: 300 },
    ),
  );
  t.end();
});
