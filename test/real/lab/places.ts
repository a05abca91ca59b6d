import { fileURLToPath } from 'node:url';

/**
 * Names, loopback addresses and folders of the lab. Three "hosts" share one machine:
 * the Puppet server, the managed host and the monitor. Nothing listens beyond 127.0.0.0/8.
 */
export const puppetHost = { name: 'puppet.example.com', address: '127.0.0.1' };
export const webHost = { name: 'web1.example.com', address: '127.0.0.11' };
export const monitorHost = {
  name: 'monitor.example.com',
  address: '127.0.0.10',
};

/**
 * All that the lab writes outside Debian's own paths. In /var/tmp, since the users puppet and
 * nagios must be able to walk into it, and since it must outlive a reboot: it holds the backups.
 */
export const stateFolder =
  process.env['KICKD_LAB_STATE'] ?? '/var/tmp/kickd-lab';

/** The checkout, without a slash at its end. */
export const checkout = fileURLToPath(
  new URL('../../..', import.meta.url),
).replace(/\/$/, '');

/**
 * Where Debian's puppet-agent 7 keeps its things for root (not the AIO paths).
 * @see `puppet config print --section agent confdir ssldir statedir publicdir`
 */
export const puppetPaths = {
  config: '/etc/puppet/puppet.conf',
  code: '/etc/puppet/code',
  ssl: '/var/lib/puppet/ssl',
  cache: '/var/cache/puppet',
  lock: '/var/cache/puppet/state/agent_catalog_run.lock',
  report: '/var/cache/puppet/state/last_run_report.yaml',
  catalog: '/var/cache/puppet/client_data/catalog/web1.example.com.json',
  summary: '/var/cache/puppet/public/last_run_summary.yaml',
};
