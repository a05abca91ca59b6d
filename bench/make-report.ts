import { closeSync, openSync, writeSync } from 'node:fs';

const head = `--- !ruby/object:Puppet::Transaction::Report
host: web1.example.com
time: '2026-11-26T10:00:00.000000000+00:00'
configuration_version: 1795712981
report_format: 12
puppet_version: 7.23.0
status: changed
transaction_completed: true
noop: false
noop_pending: false
environment: production
logs: []
metrics: {}
resource_statuses:
`;

/** One changed file in the form of Puppet 7: 0.9 kB. */
const resource = (n: number): string => `  File[/etc/app/${String(n)}]:
    title: "/etc/app/${String(n)}"
    file: "/etc/puppet/code/environments/production/modules/app/manifests/init.pp"
    line: 12
    resource: File[/etc/app/${String(n)}]
    resource_type: File
    provider_used: posix
    containment_path:
    - Stage[main]
    - App
    - File[/etc/app/${String(n)}]
    evaluation_time: 0.000184
    tags:
    - file
    - class
    - app
    - node
    - default
    time: '2026-11-26T10:00:00.000000000+00:00'
    failed: false
    failed_to_restart: false
    changed: true
    out_of_sync: true
    skipped: false
    change_count: 1
    out_of_sync_count: 1
    events:
    - audited: false
      property: mode
      previous_value: '0640'
      desired_value: '0644'
      historical_value:
      message: mode changed '0640' to '0644'
      name: mode_changed
      status: success
      time: '2026-11-26T10:00:00.000000000+00:00'
      redacted:
      corrective_change: false
    corrective_change: false
`;

/** Writes a report of at least so many bytes; `head` may hold more keys of the first level. */
export function writeReport(file: string, bytes: number, more = ''): void {
  const descriptor = openSync(file, 'w');
  let size = writeSync(descriptor, head.replace('logs:', `${more}logs:`));
  for (let n = 0; size < bytes;) {
    let some = '';
    while (some.length < 256 * 1024 && size + some.length < bytes) {
      n += 1;
      some += resource(n);
    }
    size += writeSync(descriptor, some);
  }
  writeSync(descriptor, 'corrective_change: false\n');
  closeSync(descriptor);
}
