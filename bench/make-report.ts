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

/** A file in the form of Puppet 7: 0.9 kB, or 0.7 kB of one that was as it should be. */
const resource = (n: number, isChanged = true): string => {
  const events = `
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
      corrective_change: false`;
  return `  File[/etc/app/${String(n)}]:
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
    changed: ${String(isChanged)}
    out_of_sync: ${String(isChanged)}
    skipped: false
    change_count: ${isChanged ? '1' : '0'}
    out_of_sync_count: ${isChanged ? '1' : '0'}
    events:${isChanged ? events : ' []'}
    corrective_change: false
`;
};

/** The report of a run, as much of it changed as told; `more`: keys of the first level. */
export function reportOf(
  resources: number,
  { changed, more }: { changed: number; more: string },
): string {
  const all = Array.from({ length: resources }, (_, n) =>
    resource(n, n < changed),
  );
  return `${head.replace('logs:', `${more}logs:`)}${all.join('')}corrective_change: false\n`;
}

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
