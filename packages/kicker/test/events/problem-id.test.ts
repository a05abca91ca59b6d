import t from 'tap';
import { problemKey } from '../../src/events/event.ts';
import { comparedId, isSameId } from '../../src/events/problem-id.ts';

const of = (time: string): string =>
  `02c27b65ce16372e/2026-11-26T17:22:${time}Z`;

// as the webhook writes it, and as the API does
for (const [webhook, api] of [
  ['39.727', '39.727'],
  ['39.72', '39.720'],
  ['39.4', '39.400'],
  ['39', '39.000'],
  ['39.020783742', '39.020'],
  ['39.000000001', '39.000'],
  ['39.999999999', '39.999'],
] as const) {
  t.ok(isSameId(of(webhook), of(api)), `${webhook} and ${api}`);
  const event = { monitor: 'am', host: 'web1', service: 'http' };
  t.equal(
    problemKey({ ...event, problem: of(webhook) }),
    problemKey({ ...event, problem: of(api) }),
  );
}

for (const [one, other] of [
  ['39.4', '39.401'],
  ['39.4', '39.04'],
  ['39', '39.001'],
  ['39.020783742', '39.021'],
] as const) {
  t.notOk(isSameId(of(one), of(other)), `${one} and ${other}`);
}

t.test('what is no instant is compared as it is', async (t) => {
  for (const id of ['8', '1795713017.50', '8.400Z', 'T17:22:39.400', '']) {
    t.equal(comparedId(id), id);
  }
});
