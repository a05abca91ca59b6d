import { Kick } from '@kickd/protocol';
import fc from 'fast-check';
import t from 'tap';
import { Value } from 'typebox/value';
import { decodeRecord, type RecordFault } from '../../src/record/decode.ts';
import { encodeRecord } from '../../src/record/encode.ts';
import { offsets, recordBytes, slots } from '../../src/record/layout.ts';
import type { RunnerRequest } from '../../src/record/request.ts';

const id = '0193a000-0000-7000-8000-00000000abcd';
const by = 'monitor.example.com';
const kick: Kick = {
  kick: id,
  certname: 'web1.example.com',
  cm: 'puppet-agent',
  tags: ['apache', 'role::web'],
  noop: true,
  environment: 'production',
  expires: '2026-11-24T23:59:59Z',
  because: {
    monitor: 'nagios',
    host: 'web1',
    service: 'Überwachung ✓ 😀',
    state: 'CRITICAL',
    problem: '4711',
    since: '2026-11-24T23:50:00.123Z',
  },
};

const uuid = fc
  .uuid({ version: 7 })
  .filter((text) => /-[89ab]/.test(text.slice(18)));
const matching = (pattern: RegExp) => fc.stringMatching(pattern);
const label = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
  .filter((text) => Value.Check(Kick, { ...kick, because: { host: text } }));
const instant = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const certname = matching(/^[a-z0-9][a-z0-9._-]{0,252}$/);
const optional = { requiredKeys: [] };

const anyKick: fc.Arbitrary<Kick> = fc.record(
  {
    kick: uuid,
    certname,
    cm: matching(/^[a-z0-9][a-z0-9-]{0,63}$/),
    tags: fc.uniqueArray(matching(/^[a-z0-9_][a-z0-9_:.-]{0,127}$/), {
      minLength: 1,
      maxLength: 32,
    }),
    noop: fc.boolean(),
    environment: matching(/^[A-Za-z0-9_]{1,64}$/),
    expires: instant,
    because: fc.record(
      {
        monitor: label,
        host: label,
        service: label,
        state: label,
        problem: label,
        since: instant,
      },
      optional,
    ),
  },
  { requiredKeys: ['kick', 'certname'] },
);

const anyRequest: fc.Arbitrary<RunnerRequest> = fc.oneof(
  fc.record({
    operation: fc.constant('submit' as const),
    kick: anyKick,
    by: certname,
  }),
  fc.record({
    operation: fc.constant('submit' as const),
    kick: anyKick,
    by: certname,
    as: fc.constant('drill' as const),
  }),
  fc.record({
    operation: fc.constantFrom(
      ...(['find', 'read-log', 'wait-for-end'] as const),
    ),
    run: uuid,
  }),
  fc.record({
    operation: fc.constant('cancel' as const),
    run: uuid,
    by: certname,
  }),
  fc.record({
    operation: fc.constant('recent' as const),
    most: fc.integer({ min: 1, max: 255 }),
  }),
  fc.constant({ operation: 'state' as const }),
);

t.test('each request has a record, and comes back from it', (t) => {
  const requests: RunnerRequest[] = [
    { operation: 'submit', kick, by },
    { operation: 'submit', kick, by, as: 'drill' },
    { operation: 'submit', kick: { kick: id, certname: by }, by },
    {
      operation: 'submit',
      kick: { kick: id, certname: by, noop: false, because: {} },
      by,
    },
    { operation: 'find', run: id },
    { operation: 'read-log', run: id },
    { operation: 'wait-for-end', run: id },
    { operation: 'cancel', run: id, by },
    { operation: 'recent', most: 50 },
    { operation: 'state' },
  ];
  for (const request of requests) {
    const record = encodeRecord(request);
    t.equal(record.length, recordBytes, request.operation);
    t.same(decodeRecord(record), { kind: 'request', request });
  }
  t.end();
});

t.test('any request that the schemas let through comes back the same', (t) => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const decoded = decodeRecord(encodeRecord(request));
      t.same(decoded, { kind: 'request', request });
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('the longest texts have room', (t) => {
  const longest: Kick = {
    ...kick,
    certname: 'a'.repeat(253),
    cm: 'c'.repeat(64),
    environment: 'E'.repeat(64),
    tags: Array.from({ length: 32 }, (_, n) => String(n).padStart(128, 't')),
    because: { host: '😀'.repeat(200), service: 'é'.repeat(200) },
  };
  t.ok(Value.Check(Kick, longest));
  const request = { operation: 'submit', kick: longest, by } as const;
  t.same(decodeRecord(encodeRecord(request)), { kind: 'request', request });
  const tooLong = { ...longest, cm: 'c'.repeat(65) };
  t.throws(() => encodeRecord({ ...request, kick: tooLong }), RangeError);
  t.end();
});

t.test('a record that is not exactly one request is refused', (t) => {
  const full: RunnerRequest = { operation: 'submit', kick, by };
  const ask: RunnerRequest = { operation: 'state' };
  const at = (name: string): number => slots.get(name)?.offset ?? 0;
  const put =
    (offset: number, ...bytes: number[]) =>
    (record: Uint8Array): Uint8Array => {
      record.set(bytes, offset);
      return record;
    };
  const text = (name: string, value: string) =>
    put(at(name) + 2, ...Buffer.from(value));
  const cases: [
    string,
    RecordFault,
    RunnerRequest,
    (record: Uint8Array) => Uint8Array,
  ][] = [
    ['nothing', 'length', full, () => new Uint8Array()],
    ['one byte short', 'length', full, (record) => record.slice(0, -1)],
    [
      'one byte more',
      'length',
      full,
      (record) => Uint8Array.from([...record, 0]),
    ],
    ['another length', 'length', full, put(offsets.length, 0, 1)],
    ['another magic', 'magic', full, put(0, 0x6b)],
    ['an older version', 'version', full, put(offsets.version, 0, 0)],
    ['a newer version', 'version', full, put(offsets.version, 0, 2)],
    ['no operation', 'operation', full, put(offsets.operation, 0)],
    ['an unknown operation', 'operation', full, put(offsets.operation, 9)],
    ['an unknown flag', 'flags', full, put(offsets.flags, 23)],
    ['noop without a noop', 'flags', full, put(offsets.flags, 6)],
    ['33 tags', 'number', full, put(offsets.tagCount, 33)],
    ['a tag that is not there', 'text', full, put(offsets.tagCount, 3)],
    ['a tag that is not counted', 'not-empty', full, put(offsets.tagCount, 1)],
    ['no run at all', 'number', { operation: 'recent', most: 0 }, (r) => r],
    ['an id of version 4', 'id', full, put(offsets.id + 6, 0x40)],
    ['no id', 'id', full, put(offsets.id, ...new Uint8Array(16))],
    ['capitals', 'text', full, text('by', 'M')],
    ['a path for a certname', 'text', full, text('certname', '/')],
    ['an option for a tag', 'text', full, text('tag0', '-')],
    ['a second tag in a tag', 'text', full, text('tag0', 'a,b')],
    ['a shell in a tag', 'text', full, text('tag1', '$(id)')],
    ['a dot in an environment', 'text', full, text('environment', '../')],
    ['a line break in a label', 'text', full, text('host', '\n')],
    ['an escape in a label', 'text', full, text('problem', '\u001b')],
    ['no UTF-8', 'text', full, put(at('host') + 2, 0xff)],
    ['half a date', 'text', full, put(at('since'), 0, 10)],
    ['a length beyond its room', 'text', full, put(at('cm'), 0, 65)],
    ['a length of 64 KiB', 'text', full, put(at('cm'), 255, 255)],
    ['bytes after a text', 'not-empty', full, put(at('cm'), 0, 6)],
    ['a reason without its flag', 'not-empty', full, put(offsets.flags, 3)],
    ['a certname where none belongs', 'not-empty', ask, text('by', 'a')],
    ['an id where none belongs', 'not-empty', ask, put(offsets.id, 1)],
    ['a flag where none belongs', 'not-empty', ask, put(offsets.flags, 1)],
    ['the last byte', 'not-empty', ask, put(recordBytes - 1, 1)],
    ['a kick without an asker', 'text', full, put(at('by'), 0, 0)],
    ['a kick without a certname', 'text', full, put(at('certname'), 0, 0)],
  ];
  for (const [name, fault, request, spoil] of cases) {
    const record = spoil(encodeRecord(request));
    t.same(decodeRecord(record), { kind: 'refused', fault }, name);
  }
  const twice = { ...kick, tags: ['a', 'a'] };
  t.same(decodeRecord(encodeRecord({ ...full, kick: twice })), {
    kind: 'refused',
    fault: 'text',
  });
  t.end();
});

t.test('random bytes are never a request', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2 * recordBytes }),
      (bytes) => decodeRecord(bytes).kind === 'refused',
    ),
    { numRuns: 300 },
  );
  t.end();
});

t.test(
  'one wrong byte gives a refusal, or another request of the grammar',
  (t) => {
    fc.assert(
      fc.property(
        anyRequest,
        fc.nat(recordBytes - 1),
        fc.nat(255),
        (request, at, byte) => {
          const record = encodeRecord(request);
          record[at] = byte;
          const decoded = decodeRecord(record);
          if (decoded.kind === 'refused') return true;
          // one form for each request: what is read is what was written
          const again = encodeRecord(decoded.request);
          const isKick =
            decoded.request.operation !== 'submit' ||
            Value.Check(Kick, decoded.request.kick);
          return isKick && Buffer.compare(again, record) === 0;
        },
      ),
      { numRuns: 2000 },
    );
    t.end();
  },
);
