import { execaSync } from 'execa';
import t from 'tap';
import { formOfLine } from '../../../src/monitors/nagios/log-form.ts';

const alert = 'SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;1;x [y]';
const rows: [form: RegExp, line: string, converted: string][] = [
  [/in words/, `[Tue Nov 14 22:13:20 2023] ${alert}`, `[1700000000] ${alert}`],
  [/in words/, `[Sat Jul  1 00:00:00 2023] ${alert}`, `[1688169600] ${alert}`],
  [
    /log_v2/,
    `[2023-11-14T23:13:20.698+01:00] [events] [info] [1041258] ${alert}`,
    `[1700000000] [1041258] ${alert}`,
  ],
  [
    /log_v2/,
    `[2023-11-14T16:43:20-05:30] [process] [info] ${alert}`,
    `[1700000000] ${alert}`,
  ],
  [/log_v2/, `[2023-11-14T22:13:20Z] ${alert}`, `[1700000000] ${alert}`],
  [/log_v2/, `[2023-11-14 22:13:20] ${alert}`, `[1700000000] ${alert}`],
  [
    /syslog, `2024/,
    `2023-11-14T23:13:20.123456+01:00 mon1 naemon[812]: ${alert}`,
    `[1700000000] ${alert}`,
  ],
];

void t.test('each form, and the command that converts it', async (t) => {
  for (const [wanted, line, converted] of rows) {
    const form = formOfLine(line);
    t.match(form?.what, wanted, line);
    t.equal(convert(form?.converter, `${line}\n`), `${converted}\n`, line);
  }
});

void t.test('syslog tells no year', async (t) => {
  const line = `Nov 14 22:13:20 mon1 nagios: ${alert}`;
  const form = formOfLine(line);
  t.match(form?.what, /without a year/);
  const dir = t.testdir({
    'syslog.log': [
      `Dec 31 23:59:59 mon1 nagios: ${alert}`,
      `Jan  1 00:00:01 mon1 nagios[9]: ${alert}`,
      '',
    ].join('\n'),
  });
  const { converter = '' } = form ?? {};
  execaSync('touch', ['-d', '2024-01-02T00:00:00Z', `${dir}/syslog.log`]);
  t.equal(
    execaSync('sh', ['-c', `${converter} ${dir}/syslog.log`], {
      env: { TZ: 'UTC' },
      stripFinalNewline: false,
    }).stdout,
    `[1704067199] ${alert}\n[1704067201] ${alert}\n`,
    'the last line is of the year of the file, what comes before December of the one before',
  );
});

void t.test('no form that is known', async (t) => {
  for (const line of [
    '',
    'rubbish',
    `[1700000000] ${alert}`,
    '[warning] something',
    'Nov 14 is a day',
  ]) {
    t.equal(formOfLine(line), undefined, line);
  }
});

function convert(converter: string | undefined, text: string): string {
  return execaSync('sh', ['-c', converter ?? 'false'], {
    input: text,
    env: { TZ: 'UTC' },
    stripFinalNewline: false,
  }).stdout;
}
