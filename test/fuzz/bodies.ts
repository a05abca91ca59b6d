import { isDeepStrictEqual } from 'node:util';
import { bodyMaxBytes, Kick } from '@kickd/protocol';
import { Value } from 'typebox/value';
import { parseStrictJson } from '../../packages/agent/src/io/strict-json.ts';
import { mutationsOf } from './mutations.ts';
import { expectTrue, type Target } from './target.ts';

/** For another host, whatever becomes of it: no kick of these may start a run. */
export const kicks = [
  {
    kick: '0193a000-0000-7000-8000-000000000001',
    certname: 'elsewhere.example.net',
  },
  {
    kick: '0193a000-0000-7000-8000-000000000002',
    certname: 'elsewhere.example.net',
    cm: 'puppet-agent',
    tags: ['apache', 'role::web'],
    noop: false,
    environment: 'production',
    expires: '2036-11-24T23:59:59Z',
    because: {
      monitor: 'nagios',
      host: 'web1',
      service: 'HTTP ✓ 😀',
      state: 'CRITICAL',
      since: '2036-11-24T23:50:00.123Z',
    },
  },
].map((kick) => JSON.stringify(kick));

export const jsonWords = [
  ...['"tags":', '"noop":true', '"kick":"', '"because":{', '"certname":'],
  ...['\\ud800', '\\/', '1.0', '-0', '[]', '{}', ',,', '"":'],
];

/** A body: refused, or what JSON.parse makes of it, with no key twice and no deeper than two levels. */
export const bodies: Target = {
  name: 'bodies',
  inputs: mutationsOf(kicks, jsonWords),
  batch: 500,
  play: (input) => {
    const body = input.subarray(0, bodyMaxBytes);
    const parsed = parseStrictJson(body);
    if (parsed.kind === 'refused') {
      expectTrue(/^[A-Z0-9_]+$/.test(parsed.refusal.code), 'a code');
      return;
    }
    const plain: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    expectTrue(isDeepStrictEqual(parsed.value, plain), 'read as another value');
    Value.Check(Kick, parsed.value);
  },
};
