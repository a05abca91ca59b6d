import t from 'tap';
import { asideOf } from '../../../src/monitors/nagios/facts.ts';
import {
  parseNagiosStatus,
  type NagiosStatus,
} from '../../../src/monitors/nagios/status.ts';

function statusOf(...blocks: string[]): NagiosStatus {
  const text = ['info {\n\tcreated=1\n\t}\n', ...blocks].join('\n');
  const status = parseNagiosStatus(text);
  if (status === undefined) throw new Error(text);
  return status;
}
const host = (more = ''): string =>
  `hoststatus {\n\thost_name=web1\n${more}\t}\n`;
const service = (name: string, state: number, more = ''): string =>
  `servicestatus {\n\thost_name=web1\n\tservice_description=${name}\n\tcurrent_state=${state}\n${more}\t}\n`;
const well = {
  inDowntime: false,
  isAcknowledged: false,
  isFlapping: false,
  troubles: [],
};

const rows: [string, string[], object][] = [
  ['well', [host('\tcurrent_state=0\n'), service('HTTP', 0)], well],
  [
    'its downtime',
    [service('HTTP', 0, '\tscheduled_downtime_depth=1\n')],
    { ...well, inDowntime: true },
  ],
  [
    'the downtime of its host',
    [
      host('\tcurrent_state=0\n\tscheduled_downtime_depth=1\n'),
      service('HTTP', 0),
    ],
    { ...well, inDowntime: true },
  ],
  [
    'acknowledged',
    [service('HTTP', 2, '\tproblem_has_been_acknowledged=1\n')],
    { ...well, isAcknowledged: true },
  ],
  [
    'flapping',
    [service('HTTP', 0, '\tis_flapping=1\n\tflap_detection_enabled=1\n')],
    { ...well, isFlapping: true },
  ],
  [
    'what else is wrong on the host, and not on another',
    [
      host('\tcurrent_state=1\n'),
      service('HTTP', 2),
      service('SSH', 1),
      service('SMTP', 0),
      service('DNS', 2).replace('web1', 'web2'),
    ],
    { ...well, troubles: ['the host is DOWN', 'SSH is WARNING'] },
  ],
];
for (const [name, blocks, wanted] of rows) {
  t.strictSame(asideOf(statusOf(...blocks), 'web1', 'HTTP'), wanted, name);
}
