/** What deploy/zabbix has, in a real Zabbix and in kicker's files: a host with a web service, and who is told of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { webPort, type CmHost } from './cm-host.ts';
import { writeRules } from './kicker-files.ts';
import { checkout } from './places.ts';
import type { Zabbix } from './zabbix.ts';

export const host = 'web1.example.com';
export const receivePort = 29_254;

/** Host, item, trigger, media type, action and the two users that kicker asks as. @returns what lies in token files */
export async function setUpZabbix(
  zabbix: Zabbix,
  { pager, hookPort = receivePort }: { pager: string; hookPort?: number },
): Promise<Record<string, string>> {
  const { call } = zabbix;
  const first = async (method: string, params: unknown): Promise<string> =>
    Object.values(await call(method, params))[0]?.[0] ?? '';
  await call('host.update', { hostid: '10084', status: 1 });
  const group = await first('hostgroup.create', { name: 'web' });
  const hostid = await first('host.create', {
    host,
    name: 'Web server 1',
    groups: [{ groupid: group }],
    interfaces: [
      { type: 1, main: 1, useip: 1, ip: '127.0.0.1', dns: '', port: '10050' },
    ],
  });
  const [own] = await call<{ interfaceid: string }[]>('hostinterface.get', {
    hostids: hostid,
    output: ['interfaceid'],
  });
  const key = `net.tcp.service[tcp,127.0.0.1,${String(webPort)}]`;
  await call('item.create', {
    hostid,
    interfaceid: own?.interfaceid,
    name: 'http answers',
    key_: key,
    type: 3,
    value_type: 3,
    delay: '5s',
  });
  await call('trigger.create', {
    description: 'http is down on "{HOST.NAME}"',
    expression: `last(/${host}/${key})=0`,
    priority: 4,
    tags: [
      { tag: 'service', value: 'http' },
      { tag: 'kickd', value: 'yes' },
    ],
  });
  await call('usermacro.createglobal', {
    macro: '{$KICKER.TOKEN}',
    value: 'a-token',
    type: 1,
  });
  const source = readFileSync(
    join(checkout, 'deploy/zabbix/media-type.yaml'),
    'utf8',
  ).replace('127.0.0.1:8141', `127.0.0.1:${String(hookPort)}`);
  await call('configuration.import', {
    format: 'yaml',
    rules: { mediaTypes: { createMissing: true, updateExisting: true } },
    source,
  });
  const [media] = await call<{ mediatypeid: string }[]>('mediatype.get', {
    output: ['mediatypeid'],
    filter: { name: 'kicker' },
  });
  const readers = await first('usergroup.create', {
    name: 'kicker receives',
    rights: [{ id: group, permission: 2 }],
  });
  const user = await first('user.create', {
    username: 'kicker-media',
    passwd: 'Lab0-password!',
    roleid: '1',
    usrgrps: [{ usrgrpid: readers }],
    medias: [
      {
        mediatypeid: media?.mediatypeid,
        sendto: ['kicker'],
        active: 0,
        severity: 63,
        period: '1-7,00:00-24:00',
      },
    ],
  });
  const operation = {
    operationtype: 0,
    opmessage: { default_msg: 1, mediatypeid: media?.mediatypeid },
    opmessage_usr: [{ userid: user }],
  };
  const pagerMedia = await first('mediatype.create', {
    name: 'pager',
    type: 4,
    script: `new HttpRequest().post('${pager}', value); return 'OK';`,
    parameters: [{ name: 'subject', value: '{ALERT.SUBJECT}' }],
  });
  const ada = await first('user.create', {
    username: 'ada',
    passwd: 'Lab0-password!',
    roleid: '1',
    usrgrps: [{ usrgrpid: readers }],
    medias: [
      {
        mediatypeid: pagerMedia,
        sendto: ['ada'],
        active: 0,
        severity: 63,
        period: '1-7,00:00-24:00',
      },
    ],
  });
  // As the guide has it: a later step, which a problem that is over does not come to.
  const page = {
    operationtype: 0,
    esc_step_from: 2,
    esc_step_to: 2,
    opmessage: {
      default_msg: 0,
      mediatypeid: pagerMedia,
      subject: '{EVENT.NAME}',
      message: '{EVENT.ID}',
    },
    opmessage_usr: [{ userid: ada }],
  };
  await call('action.create', {
    name: 'kicker',
    eventsource: 0,
    status: 0,
    esc_period: '1m',
    pause_suppressed: 1,
    filter: {
      evaltype: 0,
      conditions: [
        { conditiontype: 26, operator: 0, value: 'yes', value2: 'kickd' },
      ],
    },
    operations: [{ ...operation, esc_step_from: 1, esc_step_to: 1 }, page],
    recovery_operations: [operation],
    update_operations: [operation],
  });
  const writers = await first('usergroup.create', {
    name: 'kicker asks',
    rights: [{ id: group, permission: 3 }],
  });
  const tokenOf = async (
    name: string,
    type: string,
    api: string[],
    actions: string[],
  ): Promise<string> => {
    const all = [
      'edit_dashboards',
      'edit_maps',
      'acknowledge_problems',
      'close_problems',
      'change_severity',
      'add_problem_comments',
      'execute_scripts',
      'manage_api_tokens',
      'edit_maintenance',
      'manage_scheduled_reports',
      'manage_sla',
    ];
    const roleid = await first('role.create', {
      name,
      type,
      rules: {
        'ui.default_access': '0',
        ui: [{ name: 'monitoring.dashboard', status: '1' }],
        'actions.default_access': '0',
        actions: all.map((action) => ({
          name: action,
          status: actions.includes(action) ? '1' : '0',
        })),
        'api.access': '1',
        'api.mode': '1',
        api,
      },
    });
    const userid = await first('user.create', {
      username: name,
      passwd: 'Lab0-password!',
      roleid,
      usrgrps: [{ usrgrpid: writers }],
    });
    const token = await first('token.create', { name, userid });
    const [made] = await call<{ token: string }[]>('token.generate', [token]);
    return made?.token ?? '';
  };
  return {
    'zabbix.token': 'a-token',
    'zabbix-api.token': await tokenOf(
      'kicker',
      '2',
      ['problem.get', 'trigger.get', 'event.acknowledge'],
      ['acknowledge_problems', 'add_problem_comments'],
    ),
    'zabbix-recheck.token': await tokenOf(
      'kicker-recheck',
      '3',
      ['task.create'],
      [],
    ),
  };
}

/** What deploy/zabbix has, with the places of the test. */
export function writeZabbixKicker(
  dir: string,
  { port, client }: CmHost,
  { api }: Zabbix,
): void {
  writeRules(dir, { verifySeconds: 60 });
  writeFileSync(
    join(dir, 'kicker.yaml'),
    readFileSync(join(checkout, 'deploy/zabbix/kicker.yaml'), 'utf8')
      .replace('http://127.0.0.1/zabbix', api)
      .replace('port: 8141', `port: ${String(receivePort)}`)
      .replaceAll('/etc/kicker/', `${dir}/`) +
      `tls: ${JSON.stringify(client)}
certname: monitor.example.com
hosts: { ${host}: { address: 127.0.0.1, port: ${String(port)} } }
rules: ${dir}/rules.yaml
ledger: ${dir}/ledger.sqlite
spool: ${dir}/spool
`,
  );
}
