import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  formOfHead,
  formOfJson,
  whyNoHistory,
} from '../../src/monitors/history-form.ts';

const golden = (name: string): string =>
  readFileSync(
    new URL(`../commands/histories/${name}`, import.meta.url),
    'latin1',
  );

void t.test('by how it begins', async (t) => {
  const rows: [string, ReturnType<typeof formOfHead>][] = [
    [golden('icinga2-events.jsonl'), 'icinga2-events'],
    [golden('icinga2-events.jsonl').slice(300), 'icinga2-events'],
    [`\u00ef\u00bb\u00bf${golden('icinga2-events.jsonl')}`, 'icinga2-events'],
    [golden('icinga2.log'), 'icinga2-log'],
    [`Context:\n\t(0) x\n\n${golden('icinga2.log')}`, 'icinga2-log'],
    [golden('icinga2-compat.log'), 'nagios'],
    ['lf\n[1700000000] LOG ROTATION: DAILY\n', 'nagios'],
    [golden('prometheus-range.json'), 'json'],
    [golden('alertmanager-alerts.json'), 'json'],
    ['{\n  "status": "success"', 'json'],
    ['\u00ef\u00bb\u00bf{"status":"success"', 'json'],
    ['\u00ef\u00bb\u00bf[1700000000] LOG ROTATION: DAILY', 'nagios'],
    ['[\n  {', 'json'],
    ['[]', 'json'],
    ['{}', 'json'],
    ['{"type":"StateChange"}', 'json'],
    ['', undefined],
    ['[2023-11-14T22:13:20.698+01:00] [events] [info] x', undefined],
    ['[Tue Jan 12 00:00:00 2016] SERVICE ALERT: x', undefined],
    ['Alertname  Starts At', undefined],
    ['<html>', undefined],
    ['{ not json', undefined],
  ];
  for (const [head, wanted] of rows) {
    t.equal(formOfHead(head), wanted, head.slice(0, 60));
  }
});

void t.test('a JSON text', async (t) => {
  const value = (name: string): unknown => JSON.parse(golden(name));
  t.equal(formOfJson(value('prometheus-range.json')), 'prometheus');
  t.equal(formOfJson(value('alertmanager-alerts.json')), 'alertmanager');
  const rows: [unknown, RegExp | undefined][] = [
    [[], /empty list/],
    [{ status: 'error', error: 'exceeded maximum' }, /refused: exceeded/],
    [{ error: 404, status: 'No objects found.' }, /refused: No objects/],
    [
      { data: { resultType: 'vector', result: [] } },
      /instant query \(vector\)/,
    ],
    [{ version: '4', alerts: [] }, undefined],
    [[1, 2], undefined],
    [[{ labels: {} }], undefined],
    ['text', undefined],
    [null, undefined],
    [{ data: 7 }, undefined],
  ];
  for (const [other, why] of rows) {
    t.equal(formOfJson(other), undefined, JSON.stringify(other));
    if (why === undefined) t.equal(whyNoHistory(other), undefined);
    else t.match(whyNoHistory(other), why);
  }
});
