/**
 * nagios.cfg and the object files of the lab: Debian's own objects, deploy/nagios as an operator
 * installs it (commands and templates as they are, the example service with this lab's address
 * and intervals), and one host check that needs no ping.
 */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { checkout, stateFolder, webHost } from './places.ts';

export interface NagiosOptions {
  /** the program called in the place of deploy/nagios/handle_puppetrun */
  handler?: string;
  /** environment of handlers beside PATH and LANG, e.g. KICKER and KICKER_CONFIG */
  env?: Record<string, string>;
  /** seconds between checks in an OK or HARD state; 5 */
  checkSeconds?: number;
  /** seconds between checks in a SOFT state; 2 */
  retrySeconds?: number;
  /** attempts until HARD; 4 */
  maxAttempts?: number;
  /** more object definitions */
  objects?: string;
}

const home = join(stateFolder, 'nagios');
/** events, alerts and handler calls, a line each */
export const logFile = join(home, 'var/nagios.log');
/** the present state of everything, rewritten every second */
export const statusFile = join(home, 'var/status.dat');
/** every object, with all that it inherits; written at the start */
export const objectsFile = join(home, 'var/objects.cache');
/** The named pipe for external commands; kicker.yaml names it too. */
export const nagiosCommandFile = join(home, 'var/rw/nagios.cmd');
const installedHandler =
  '/usr/share/nagios4/plugins/eventhandlers/handle_puppetrun';

/** Writes everything anew, owned by nagios. @returns the path of nagios.cfg */
export async function writeNagiosConfig(
  options: NagiosOptions,
): Promise<string> {
  rmSync(home, { recursive: true, force: true });
  for (const folder of [
    'objects',
    'libexec',
    'tmp',
    'var/rw',
    'var/spool',
    'var/archives',
  ])
    mkdirSync(join(home, folder), { recursive: true });
  const deployed = join(checkout, 'deploy/nagios');
  const handler = join(home, 'libexec/handle_puppetrun');
  copyFileSync(options.handler ?? join(deployed, 'handle_puppetrun'), handler);
  writeFileSync(
    join(home, 'objects/kickd-commands.cfg'),
    readFileSync(join(deployed, 'kickd-commands.cfg'), 'utf8').replace(
      installedHandler,
      handler,
    ),
  );
  writeFileSync(
    join(home, 'objects/kickd-templates.cfg'),
    withDirectives(
      readFileSync(join(deployed, 'kickd-templates.cfg'), 'utf8'),
      {
        check_interval: options.checkSeconds ?? 5,
        retry_interval: options.retrySeconds ?? 2,
        max_check_attempts: options.maxAttempts ?? 4,
      },
    ),
  );
  writeFileSync(
    join(home, 'objects/kickd-services.cfg'),
    withDirectives(readFileSync(join(deployed, 'kickd-services.cfg'), 'utf8'), {
      host_name: webHost.name,
      address: webHost.address,
      // linux-server pings, which a container may not be allowed to.
    }).replace(/^(\s*address\s.*)$/m, '$1\n    check_command           lab-up'),
  );
  writeFileSync(
    join(home, 'objects/lab.cfg'),
    labObjects + (options.objects ?? ''),
  );
  writeFileSync(join(home, 'nagios.cfg'), mainConfiguration);
  await mustRun('chmod', ['755', handler]);
  await mustRun('chown', ['-R', 'nagios:nagios', home]);
  return join(home, 'nagios.cfg');
}

/** Sets directives of object definitions, each of which must be there already. */
function withDirectives(
  text: string,
  directives: Record<string, string | number>,
): string {
  return Object.entries(directives).reduce((changed, [name, value]) => {
    const line = new RegExp(`^(\\s*${name}\\s+).*$`, 'gm');
    if (!line.test(changed))
      throw new Error(`no directive ${name} in\n${text}`);
    return changed.replace(line, `$1${value}`);
  }, text);
}

const labObjects = `define command {
    command_name    lab-up
    command_line    /usr/lib/nagios/plugins/check_dummy 0 up
}
`;

const mainConfiguration = `log_file=${logFile}
cfg_file=/etc/nagios4/objects/commands.cfg
cfg_file=/etc/nagios4/objects/contacts.cfg
cfg_file=/etc/nagios4/objects/timeperiods.cfg
cfg_file=/etc/nagios4/objects/templates.cfg
cfg_dir=/etc/nagios-plugins/config
cfg_dir=${home}/objects
resource_file=/etc/nagios4/resource.cfg
object_cache_file=${objectsFile}
precached_object_file=${home}/var/objects.precache
status_file=${statusFile}
status_update_interval=1
nagios_user=nagios
nagios_group=nagios
check_external_commands=1
command_file=${nagiosCommandFile}
lock_file=${home}/var/nagios.pid
query_socket=${home}/var/rw/nagios.qh
temp_file=${home}/var/nagios.tmp
temp_path=${home}/tmp
check_result_path=${home}/var/spool
retain_state_information=0
log_archive_path=${home}/var/archives
use_syslog=0
log_event_handlers=1
log_service_retries=1
log_external_commands=1
interval_length=1
service_inter_check_delay_method=n
max_service_check_spread=1
max_host_check_spread=1
cached_service_check_horizon=0
check_for_updates=0
enable_notifications=0
enable_event_handlers=1
enable_flap_detection=0
service_check_timeout=10
event_handler_timeout=30
illegal_object_name_chars=\`~!$%^&*|'"<>?,()=
illegal_macro_output_chars=\`~$&|'"<>
`;
