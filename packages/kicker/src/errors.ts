import { printable, type FaultFacts } from '@kickd/protocol';
import { shownName } from './events/name-bytes.ts';

/** What kicker's exit codes mean; docs/reference/kicker.md says the same. */
export const exitCodes = {
  ok: 0,
  /** a run ended partly, failed, timed-out, cancelled, lost or not-started */
  runFailed: 1,
  /** the command line, the configuration, own certificates or the ledger */
  usage: 2,
  /** the host refused: ACL, certificate, disabled, frozen */
  refused: 3,
  /** it did not get through */
  notThrough: 4,
  /** not known within the time */
  notKnown: 5,
} as const;

/** Several errors at once; the command ends on the highest exit code. */
export class Faults extends Error {
  override readonly name = 'Faults';
  readonly faults: readonly FaultFacts[];

  constructor(faults: readonly FaultFacts[]) {
    super(faults.map(({ message }) => message).join('; '));
    this.faults = faults;
  }
}

const fault = (
  exitCode: number,
  code: string,
  message: string,
  remedy: string,
): FaultFacts => ({ code, message, remedy, exitCode });
const usage = (code: string, message: string, remedy: string) =>
  fault(exitCodes.usage, code, message, remedy);

/** A name of the monitor, made fit to be read. */
const shown = (name: string, most?: number) => printable(shownName(name), most);

/** A value of a message, made fit to be read. */
const shownValue = (value: unknown) =>
  value === undefined
    ? 'absent'
    : printable(
        JSON.stringify(typeof value === 'string' ? shownName(value) : value),
        120,
      );

/** A name as one word of a shell. */
export const typed = (name: string) => {
  const word = shown(name);
  return /^[\w./:@%+=,-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", String.raw`'\''`)}'`;
};

/** Why a drill may not begin: nothing was sent. */
const noDrill = (code: string, message: string, remedy: string) =>
  fault(exitCodes.runFailed, code, message, remedy);
const tryAgain = (host: string, service: string) =>
  `kicker drill ${typed(host)} ${typed(service)} --dry-run`;

/** Every error of kicker that a person can meet. */
export const errors = {
  // the command line
  commandMissing: () =>
    usage('USAGE_COMMAND', 'no command was given', 'run: kicker --help'),
  commandUnknown: (name: string, near: string | undefined) =>
    usage(
      'USAGE_COMMAND',
      `there is no command ${printable(name)}${near === undefined ? '' : `; did you mean ${near}?`}`,
      'run: kicker --help',
    ),
  optionUnknown: (command: string, option: string, near: string | undefined) =>
    usage(
      'USAGE_OPTION',
      `kicker ${command} has no option ${printable(option)}${near === undefined ? '' : `; did you mean ${near}?`}`,
      `run: kicker ${command} --help`,
    ),
  optionLikeWord: (command: string, option: string) =>
    usage(
      'USAGE_OPTION',
      `kicker ${command} has no option ${printable(option)}`,
      `where a word begins with a dash, write -- before the first of them: kicker ${command} -- …; the options: kicker ${command} --help`,
    ),
  optionValue: (
    command: string,
    option: string,
    found: string,
    wanted: string,
  ) =>
    usage(
      'USAGE_VALUE',
      `${option} is ${printable(JSON.stringify(found), 120)}; expected: ${wanted}`,
      `run: kicker ${command} --help`,
    ),
  usage: (command: string, message: string) =>
    usage('USAGE', printable(message), `run: kicker ${command} --help`),
  puppetKickAll: () =>
    usage(
      'USAGE_ALL',
      '--all is gone: a kick of every host must never be one slip away',
      'name the hosts: kicker kick --file HOSTS, or: puppetserver ca list --all --format json | … | kicker kick --file -',
    ),
  puppetKickClass: (name: string) =>
    usage(
      'USAGE_CLASS',
      `--class ${printable(name)} is gone: it asked LDAP which hosts have a class`,
      'ask PuppetDB and hand the names over: puppet query … | kicker kick --file -',
    ),
  puppetKickOption: (option: string, why: string) =>
    usage(
      'USAGE_OPTION',
      `${option} is gone: ${why}`,
      'run: kicker kick --help',
    ),

  // hosts
  noHosts: () =>
    usage(
      'NO_HOSTS',
      'no host was named; nothing is kicked',
      'name at least one: kicker kick web1.example.com',
    ),
  hostEmpty: () =>
    usage(
      'HOST_EMPTY',
      'the name of a host is empty; an empty name never means "all"',
      'look where the name comes from; in Nagios: --host "$HOSTNAME$"',
    ),
  hostWildcard: (name: string) =>
    usage(
      'HOST_WILDCARD',
      `${shown(name)} is a wildcard; kicker kicks hosts that are named`,
      'name each host, or hand over a list: kicker kick --file HOSTS',
    ),
  hostInvalid: (name: string, certname: string) =>
    usage(
      'HOST_INVALID',
      `${shown(certname)} cannot be a certname (letters, digits, dot, dash, underscore)`,
      `say which it is, in kicker.yaml: hosts: {${JSON.stringify(shown(name))}: {certname: NAME}}`,
    ),
  addressInvalid: (
    name: string,
    address: string,
    why: string,
    instead: string,
  ) =>
    usage(
      'ADDRESS_INVALID',
      `${shown(address)} is not an address: ${why}`,
      `say where it is, in kicker.yaml: hosts: {${JSON.stringify(shown(name))}: {address: ${JSON.stringify(instead)}}}`,
    ),
  hostListUnreadable: (file: string, why: string) =>
    usage(
      'HOST_LIST',
      `the list of hosts ${printable(file)} cannot be read: ${printable(why)}`,
      `look: ls -l ${printable(file)}`,
    ),

  // a monitor's event
  handlerWords: (words: readonly string[], isTooMany: boolean) =>
    usage(
      'USAGE',
      `${words.length} words, where the order of old handlers has six, STATE STATETYPE ATTEMPT HOSTADDRESS HOSTNAME SERVICEDESC: ${shown(words.join(' '), 120)}`,
      `${isTooMany ? 'quote $SERVICEDESC$' : 'write all six'}: command_line /usr/share/nagios4/plugins/eventhandlers/handle_puppetrun -- $SERVICESTATE$ $SERVICESTATETYPE$ $SERVICEATTEMPT$ '$HOSTADDRESS$' '$HOSTNAME$' '$SERVICEDESC$'`,
    ),
  macroNotExpanded: (option: string, value: string, macro: string) =>
    usage(
      'MACRO_NOT_EXPANDED',
      `${option} is the bare text ${shown(value)}: the monitor did not put a value there`,
      `in the command definition write ${option} "${macro}", in an event handler of a service; the macro must be one that it knows`,
    ),
  macroBad: (option: string, value: string, wanted: string, macro: string) =>
    usage(
      'MACRO_BAD',
      `${option} is ${shown(JSON.stringify(value), 120)}; expected: ${wanted}`,
      `in the command definition write ${option} "${macro}"`,
    ),
  eventUnreadable: (from: string, why: string) =>
    usage(
      'EVENT_UNREADABLE',
      `${printable(from)} is no event: ${why}`,
      'give one as the ledger has it: {"monitor": "nagios", "host": …, "service": …, "state": "CRITICAL", "stateType": "HARD", "attempt": 4, "inDowntime": false}',
    ),
  payloadUnreadable: (from: string, why: string) =>
    usage(
      'PAYLOAD_UNREADABLE',
      `${printable(from)} is no JSON: ${why}`,
      'look at what the monitor sends: kicker explain --monitor NAME --payload FILE; a quote in a name breaks a template that puts it between quotes by itself',
    ),
  payloadForm: (wanted: string) =>
    usage(
      'PAYLOAD_FORM',
      `it has another form; expected: ${wanted}`,
      'use what deploy/ has for this monitor, and look at it: kicker explain --monitor NAME --payload FILE',
    ),
  payloadName: (field: string, value: unknown, why: string) =>
    usage(
      'PAYLOAD_NAME',
      `${printable(field)} is ${shownValue(value)}: ${why}`,
      'let the monitor send the name of the host or the service there, or name another field in kicker.yaml; no other field takes its place',
    ),
  payloadValue: (field: string, value: unknown, wanted: string) =>
    usage(
      'PAYLOAD_VALUE',
      `${printable(field)} is ${shownValue(value)}; expected: ${wanted}`,
      'use what deploy/ has for this monitor, and look at it: kicker explain --monitor NAME --payload FILE',
    ),
  payloadMessage: (message: string) =>
    usage(
      'PAYLOAD_MESSAGE',
      `the message is no JSON: ${shown(message, 120)}`,
      'import deploy/zabbix/media-type.yaml anew: its message is JSON, and nothing stands in front of it',
    ),
  payloadBulk: () =>
    usage(
      'PAYLOAD_BULK',
      'it is a bulk notification: it comes late, and holds several hosts',
      'in Checkmk, Setup > Notifications, switch "Bulk notifications" off in the rule that calls kicker',
    ),
  severityUnmapped: (
    monitor: string,
    field: string,
    value: unknown,
    known: readonly string[],
  ) =>
    usage(
      'SEVERITY_UNMAPPED',
      `${printable(field)} is ${shownValue(value)}, and severities has only ${printable(known.join(', '), 200)}`,
      `if it asks for a run, name it in kicker.yaml: monitors.${printable(monitor)}.severities; if not, send no such alert to kicker`,
    ),
  mappingNoState: (monitor: string) =>
    usage(
      'MAPPING_NO_STATE',
      `no entry of states in the mapping of ${printable(monitor)} fits`,
      'add an entry with state, or with ignore: kicker explain --monitor NAME --payload FILE shows what comes of it',
    ),
  mappingNoSubject: (monitor: string) =>
    usage(
      'MAPPING_NO_SUBJECT',
      `no entry of subjects in the mapping of ${printable(monitor)} fits: it names no host`,
      'add an entry that says where its host stands, or send no such message to kicker',
    ),
  mappingUnknown: (mapping: string, known: readonly string[]) =>
    usage(
      'MAPPING_UNKNOWN',
      `${printable(mapping)} is no mapping that kicker brings along, and no absolute path`,
      `name a file, or one of ${known.join(', ')}`,
    ),
  receiveUnset: () =>
    usage(
      'RECEIVE_UNSET',
      'kicker.yaml has no receive: nobody may send anything',
      'write receive: {senders: [{monitor: NAME, certname: CERTNAME}]} into /etc/kicker/kicker.yaml; docs/guides/webhooks.md has examples',
    ),
  receivePlain: (address: string) =>
    usage(
      'RECEIVE_PLAIN',
      `receive.address is ${printable(address)}: a token without TLS is for loopback alone`,
      'write receive.address: 127.0.0.1, or receive.tls with cert and key',
    ),
  receiveTrust: () =>
    usage(
      'RECEIVE_TRUST',
      'receive.tls has no ca or no crl: no certificate of a sender can be judged',
      'write ca and crl beside cert and key, or leave receive.tls out: then kicker’s own files count',
    ),
  receiveProof: (monitor: string, identify: string) =>
    usage(
      'RECEIVE_PROOF',
      `the sender for ${printable(monitor)} has no ${identify === 'token' ? 'tokenFile' : 'certname'}, and receive.identify is ${printable(identify)}`,
      identify === 'token'
        ? 'write tokenFile: /etc/kicker/NAME.token for it'
        : 'write certname: CERTNAME for it, or receive.identify: token',
    ),
  receiveFailed: (address: string, port: number, why: string) =>
    usage(
      'RECEIVE_FAILED',
      `nothing can be received on ${printable(address)} port ${port}: ${printable(why)}`,
      `look who listens there: ss -ltnp 'sport = :${port}'`,
    ),
  senderUnknown: (certname: string | undefined) =>
    fault(
      exitCodes.refused,
      'SENDER_UNKNOWN',
      `${certname === undefined ? 'this sender' : printable(certname)} may not send for this monitor`,
      'on the monitoring host, name it under receive.senders in /etc/kicker/kicker.yaml, and run: systemctl restart kicker-receive',
    ),
  receiveMethod: (method: string) =>
    usage(
      'RECEIVE_METHOD',
      `${printable(method, 20)} is not served; expected: POST`,
      'send it by POST',
    ),
  receivePath: () =>
    usage(
      'RECEIVE_PATH',
      'there is nothing at this path',
      'send it to /v1/MONITOR, the name that it has in kicker.yaml',
    ),
  receiveType: () =>
    usage(
      'RECEIVE_TYPE',
      'the content type is not served; expected: application/json, or one of CloudEvents',
      'send the header content-type: application/json',
    ),
  receiveBody: (why: string) =>
    usage(
      'RECEIVE_BODY',
      `the body cannot be used: ${printable(why)}`,
      'send one JSON value in UTF-8',
    ),
  receiveTooLarge: (most: number) =>
    usage(
      'RECEIVE_TOO_LARGE',
      `the body has more than ${most} bytes`,
      'let the monitor send fewer at once: max_alerts in Alertmanager',
    ),
  receiveInternal: () =>
    usage(
      'RECEIVE_INTERNAL',
      'it could not be taken',
      'look on the monitoring host: journalctl -u kicker-receive',
    ),
  spoolFull: (directory: string, most: number) =>
    usage(
      'SPOOL_FULL',
      `more than ${most} events wait in ${printable(directory)}`,
      'look on the monitoring host who serves them: kicker check',
    ),
  monitorUnreachable: (url: string, why: string) =>
    fault(
      exitCodes.notThrough,
      'MONITOR_UNREACHABLE',
      `${printable(url)} cannot be asked: ${printable(why, 300)}`,
      'look at each step: kicker check',
    ),
  monitorRefused: (url: string, path: string, status: number, text: string) =>
    fault(
      exitCodes.refused,
      'MONITOR_REFUSED',
      `${printable(url)} answers ${printable(path, 200)} with ${status}: ${printable(text, 300)}`,
      'look at each step, and at the rights that are missing: kicker check',
    ),
  sensuKey: (url: string, why: string) =>
    fault(
      exitCodes.refused,
      'SENSU_KEY',
      `${printable(url)} wants an API key that may read and execute checks: ${printable(why, 300)}`,
      'make one for kicker (sensuctl api-key grant kicker), and write it into the file of api.tokenFile; deploy/sensu/README.md',
    ),
  sensuName: (subject: string) =>
    usage(
      'SENSU_NAME',
      `${shown(subject)} is no entity and check of Sensu`,
      'look where it comes from: kicker why HOST SERVICE',
    ),
  zabbixMethod: (url: string, method: string) =>
    fault(
      exitCodes.refused,
      'ZABBIX_METHOD',
      `the token for ${printable(url)} has no right to call ${printable(method)}`,
      method === 'task.create'
        ? 'make the token of recheckTokenFile for a role of type Super admin whose API list holds task.create'
        : `in Zabbix, add ${printable(method)} to the API methods of the role of that token`,
    ),
  zabbixToken: (url: string, why: string) =>
    fault(
      exitCodes.refused,
      'ZABBIX_TOKEN',
      `the token for ${printable(url)} is not taken: ${printable(why, 200)}`,
      'make a new one in Zabbix, Administration > General > API tokens, and write it into the tokenFile',
    ),
  prometheusRules: (url: string) =>
    fault(
      exitCodes.refused,
      'PROMETHEUS_RULES',
      `${printable(url)} has no alerting rule: kicker cannot look whether a service is green`,
      'name the Prometheus that has the rules, or load some as deploy/alertmanager/kicker-rules.yml has them: promtool check rules FILE',
    ),
  prometheusClock: (seconds: number) =>
    fault(
      exitCodes.notThrough,
      'PROMETHEUS_CLOCK',
      `the clock of Prometheus's host is ${seconds > 0 ? `${seconds} s ahead` : `${-seconds} s behind`}`,
      'look on both hosts: timedatectl; set it: systemctl restart systemd-timesyncd',
    ),
  zabbixNoProblem: (subject: string) =>
    usage(
      'ZABBIX_NO_PROBLEM',
      `there is no open problem of ${printable(subject)}`,
      'nothing is to be done: it is over, or this user may not see it',
    ),
  zabbixPassive: (subject: string) =>
    usage(
      'ZABBIX_PASSIVE',
      `no item of ${printable(subject)} can be asked for a value now`,
      'nothing is to be done: its value is sent to Zabbix',
    ),
  alertUnknown: (subject: string) =>
    usage(
      'ALERT_UNKNOWN',
      `no alert of ${printable(subject)} was seen since kicker started: nothing can be silenced`,
      'nothing is to be done: the next alert of it can be',
    ),
  secretUnreadable: (file: string, why: string) =>
    usage(
      'SECRET_UNREADABLE',
      `the secret in ${printable(file)} cannot be read: ${printable(why)}`,
      `write it there, on one line, for the user that kicker runs as: install -m 0600 -o nagios /dev/stdin ${printable(file)}`,
    ),
  secretExposed: (file: string) =>
    usage(
      'SECRET_EXPOSED',
      `everybody can read the secret in ${printable(file)}`,
      `run: chmod o= ${printable(file)}`,
    ),
  icingaApi: (monitor: string) =>
    usage(
      'ICINGA_API',
      `kicker.yaml names no API of ${printable(monitor)}: kicker hears of its problems, and can neither ask nor tell it anything`,
      `name it in kicker.yaml: monitors: {${printable(monitor)}: {kind: icinga2, api: {url: "https://HOST:5665", ca: /etc/kicker/icinga/ca.crt, cert: /etc/kicker/icinga/kicker.crt, key: /etc/kicker/icinga/kicker.key}}}`,
    ),
  icingaName: (name: string) =>
    usage(
      'ICINGA_NAME',
      `${shown(name)} cannot be the name of a host or a service in Icinga: empty, too long, or with ! or a control character`,
      'look where it comes from: kicker why HOST SERVICE',
    ),
  icingaObject: (url: string, name: string) =>
    fault(
      exitCodes.refused,
      'ICINGA_OBJECT',
      `${printable(url)} knows no ${printable(name)}: it is gone, or the ApiUser of kicker may not act on it`,
      'look at the rights: kicker check; and whether it is there: icinga2 object list',
    ),
  icingaPassive: (name: string) =>
    usage(
      'ICINGA_PASSIVE',
      `${printable(name)} takes passive results alone: Icinga cannot look at it by itself, and would call it UNKNOWN`,
      'nothing is to be done where something else sends its results; else set enable_active_checks = true for it in Icinga',
    ),
  icingaTlsName: (url: string, why: string) =>
    fault(
      exitCodes.notThrough,
      'ICINGA_TLS_NAME',
      `the certificate of ${printable(url)} is for another name: ${printable(why, 300)}`,
      'name it as the certificate does, which is the NodeName of Icinga, in kicker.yaml: api: {serverName: NAME}; look on its host: ls /var/lib/icinga2/certs',
    ),
  icingaTlsCa: (url: string, why: string) =>
    fault(
      exitCodes.notThrough,
      'ICINGA_TLS_CA',
      `the certificate of ${printable(url)} is of a CA that is not trusted: ${printable(why, 300)}`,
      "give kicker Icinga's own CA: install -D -m 0644 /var/lib/icinga2/certs/ca.crt /etc/kicker/icinga/ca.crt; and name it in kicker.yaml: api: {ca: /etc/kicker/icinga/ca.crt}",
    ),
  icingaTlsDate: (url: string, why: string) =>
    fault(
      exitCodes.notThrough,
      'ICINGA_TLS_DATE',
      `the certificate of ${printable(url)} is not valid now: ${printable(why, 300)}`,
      'look at the clocks: timedatectl; Icinga renews its own certificate: systemctl restart icinga2',
    ),
  icingaTlsCrl: (url: string, why: string) =>
    fault(
      exitCodes.notThrough,
      'ICINGA_TLS_CRL',
      `the CRL that api.crl names refuses the certificate of ${printable(url)}, or is none of its CA: ${printable(why, 300)}`,
      'look: openssl crl -noout -text -in CRL; take api.crl out where its CA has none',
    ),
  icingaTlsOwn: (url: string, why: string) =>
    fault(
      exitCodes.notThrough,
      'ICINGA_TLS_OWN',
      `what kicker shows to ${printable(url)} cannot be used: ${printable(why, 300)}`,
      'api.cert and api.key must belong together, both PEM; compare: openssl x509 -noout -pubkey -in CERT; openssl pkey -pubout -in KEY',
    ),
  icingaUser: (url: string) =>
    fault(
      exitCodes.refused,
      'ICINGA_USER',
      `${printable(url)} answers 401: no ApiUser has this certificate or this password`,
      'install deploy/icinga2/kicker.conf with client_cn as in: openssl x509 -noout -subject -in CERT, CERT as api.cert in kicker.yaml; then: systemctl reload icinga2',
    ),
  icingaRights: (user: string, missing: readonly string[]) =>
    fault(
      exitCodes.refused,
      'ICINGA_RIGHTS',
      `the ApiUser ${printable(user)} lacks ${missing.join(', ')}`,
      `add them to permissions of object ApiUser ${printable(JSON.stringify(user))}: ${missing.map((one) => JSON.stringify(one)).join(', ')}; then: systemctl reload icinga2`,
    ),
  icingaClock: (seconds: number) =>
    fault(
      exitCodes.notThrough,
      'ICINGA_CLOCK',
      `the clock of Icinga's host is ${seconds > 0 ? `${seconds} s ahead` : `${-seconds} s behind`}`,
      'look on both hosts: timedatectl; set it: systemctl restart systemd-timesyncd',
    ),
  icingaEmpty: (url: string) =>
    fault(
      exitCodes.refused,
      'ICINGA_EMPTY',
      `${printable(url)} shows no host at all`,
      'look at the filter in the permissions of the ApiUser, and whether Icinga has any host: icinga2 object list --type Host',
    ),
  monitorDeaf: (monitor: string, kind: string) =>
    usage(
      'MONITOR_DEAF',
      `${printable(monitor)} (${kind}) cannot be told anything`,
      `nothing is to be done; what kicker can tell each kind stands in docs/reference/kicker.md`,
    ),
  fileUnreadable: (file: string, why: string) =>
    usage(
      'FILE_UNREADABLE',
      `${printable(file)} cannot be read: ${printable(why)}`,
      `look: ls -l ${printable(file)}`,
    ),
  recheckName: (name: string) =>
    usage(
      'RECHECK_NAME',
      `${shown(name)} cannot stand in a Nagios command: empty, too long, or with ; or a control character`,
      'rename the host or the service in Nagios',
    ),

  // configuration
  configMissing: (file: string) =>
    usage(
      'CONFIG_MISSING',
      `the configuration ${printable(file)} does not exist`,
      `name another: --config FILE; or leave out --config: puppet.conf is enough to begin`,
    ),
  configUnreadable: (file: string, why: string) =>
    usage(
      'CONFIG_UNREADABLE',
      `the configuration ${printable(file)} cannot be read: ${printable(why)}`,
      `let the monitor's group read it: chown root:nagios ${printable(file)} && chmod 0640 ${printable(file)}`,
    ),
  configYaml: (where: string, why: string) =>
    usage(
      'CONFIG_YAML',
      `${printable(where)}: ${why}`,
      'fix the YAML there, then run: kicker check',
    ),
  configInvalid: (where: string, key: string, found: string, wanted: string) =>
    usage(
      'CONFIG_INVALID',
      `${printable(where)}: ${printable(key)} is ${found}; expected: ${wanted}`,
      'fix it there, then run: kicker check',
    ),
  configUnknownKey: (
    where: string,
    key: string,
    near: string | undefined,
    known: readonly string[],
  ) =>
    usage(
      'CONFIG_UNKNOWN_KEY',
      `${printable(where)}: there is no key ${printable(key)}${near === undefined ? '' : `; did you mean ${near}?`}`,
      `one of: ${known.join(', ')}`,
    ),

  configRuleMoved: (where: string) =>
    usage(
      'CONFIG_RULE_MOVED',
      `${printable(where)}: rules stand in a file of their own now`,
      'move it to /etc/kicker/rules.yaml: rules: [{name: NAME, match: {host: "*"}, when: {…}}]; see docs/reference/rules.md',
    ),

  // drills
  drillNotAgreed: (
    host: string,
    service: string,
    file: string,
    hasFile: boolean,
  ) => {
    const name = (text: string) => JSON.stringify(shown(text));
    const rules = hasFile ? '' : 'rules: [{name: all, match: {host: "*"}}], ';
    const drill = `drill: [{match: {host: ${name(host)}, service: ${name(service)}}, window: {days: [tue, thu], from: "10:00", to: "16:00"}}]`;
    return noDrill(
      'DRILL_NOT_AGREED',
      `drill is not agreed: ${printable(file)} has no drill for ${shown(host)} / ${shown(service)}`,
      hasFile
        ? `add to ${printable(file)}: ${drill}; then: ${tryAgain(host, service)}`
        : `write to ${printable(file)}: {${rules}${drill}}; then: ${tryAgain(host, service)}`,
    );
  },
  drillWindow: (
    host: string,
    service: string,
    windows: readonly string[],
    now: string,
  ) =>
    noDrill(
      'DRILL_WINDOW',
      `now it is ${now}, and the drill is agreed for ${windows.join('; ')}`,
      `wait for it, then: ${tryAgain(host, service)}`,
    ),
  drillTooRecent: (
    host: string,
    service: string,
    ago: string,
    seconds: number,
    place: string,
  ) =>
    noDrill(
      'DRILL_TOO_RECENT',
      `the last drill of this service began ${ago} ago (intervalSeconds is ${seconds}, ${printable(place)})`,
      `look at it: kicker history --kind drill --host ${typed(host)} --service ${typed(service)}`,
    ),
  drillUnderWay: (host: string, by: string, service: string, until: string) =>
    noDrill(
      'DRILL_UNDER_WAY',
      `${printable(by)} drills ${shown(host)} / ${shown(service)} until ${until}`,
      `wait for its end: kicker history --kind drill --host ${typed(host)}`,
    ),
  drillStopped: (by: string, at: string, reason: string) =>
    noDrill(
      'DRILL_STOPPED',
      `${printable(by)} stopped kicker at ${at}: ${printable(reason)}; nobody would heal what the drill breaks`,
      'when the reason is gone: kicker resume',
    ),
  drillNotServed: (ledger: string) =>
    noDrill(
      'DRILL_NOT_SERVED',
      `no kicker serve holds the lease of ${printable(ledger)}: nobody would heal what the drill breaks`,
      'systemctl enable --now kicker',
    ),
  drillStorm: (reason: string) =>
    noDrill(
      'DRILL_STORM',
      `storm: ${printable(reason, 300)}`,
      'wait until it is over: kicker history --kind escalation --kind verdict --limit 20',
    ),
  drillGroup: (group: string, unhealthy: number, members: string) =>
    noDrill(
      'DRILL_GROUP_UNHEALTHY',
      `${unhealthy} of ${members} hosts of ${shown(group)} are unhealthy or in healing; with the one that the drill breaks it would be a storm`,
      'wait until they are healed: kicker history --since 1h',
    ),
  drillServer: (reason: string) =>
    noDrill(
      'DRILL_SERVER_TROUBLE',
      printable(reason, 300),
      'look at the CM server, then: kicker history --kind outcome --limit 20',
    ),
  drillMonitor: (reason: string) =>
    noDrill('DRILL_MONITOR_TROUBLE', printable(reason, 300), 'kicker check'),
  drillHostTrouble: (host: string, troubles: readonly string[]) =>
    noDrill(
      'DRILL_HOST_TROUBLE',
      `${shown(host)} is not quiet: ${printable(troubles.join('; '), 500)}`,
      `wait until it is: kicker history --host ${typed(host)} --since 1h`,
    ),
  drillDowntime: (host: string, service: string) =>
    noDrill(
      'DRILL_DOWNTIME',
      'the service or its host is in downtime: no alert would be kicked',
      `end the downtime in the monitor, then: ${tryAgain(host, service)}`,
    ),
  drillAcknowledged: (host: string, service: string) =>
    noDrill(
      'DRILL_ACKNOWLEDGED',
      'the service is acknowledged: somebody works on it',
      `take the acknowledgement away in the monitor, then: ${tryAgain(host, service)}`,
    ),
  drillFlapping: (host: string, service: string, reason: string) =>
    noDrill(
      'DRILL_FLAPPING',
      printable(reason, 300),
      `wait until it holds still, then: ${tryAgain(host, service)}`,
    ),
  drillNotGreen: (host: string, service: string, monitor: string) =>
    noDrill(
      'DRILL_NOT_GREEN',
      `${printable(monitor)} does not see ${shown(host)} / ${shown(service)} green: what is broken cannot be broken`,
      `kicker why ${typed(host)} ${typed(service)}`,
    ),
  drillNotSeen: (host: string, service: string, monitor: string) =>
    noDrill(
      'DRILL_NOT_SEEN',
      `the data of ${printable(monitor)} say nothing of ${shown(host)} / ${shown(service)}`,
      `spell both as the monitor does; a Nagios needs nagios.statusFile in kicker.yaml, another monitor its api; then: kicker doctor --monitor ${typed(monitor)}`,
    ),
  drillNoKick: (
    host: string,
    service: string,
    code: string,
    reasons: readonly string[],
  ) =>
    noDrill(
      'DRILL_NO_KICK',
      `an alert of it would not be kicked now (${code}): ${printable(reasons.join('; '), 500)}`,
      `kicker explain CRITICAL HARD 4 127.0.0.1 ${typed(host)} ${typed(service)}`,
    ),

  // rules
  rulesMissing: (file: string) =>
    usage(
      'RULES_MISSING',
      `the rules ${printable(file)} do not exist`,
      'name another file in kicker.yaml: rules: PATH; or leave the key out: the classic rule is built in',
    ),
  rulesUnreadable: (file: string, why: string) =>
    usage(
      'RULES_UNREADABLE',
      `the rules ${printable(file)} cannot be read: ${printable(why)}`,
      `let the monitor's group read it: chown root:nagios ${printable(file)} && chmod 0640 ${printable(file)}`,
    ),
  ruleNameTwice: (where: string, name: string, other: string) =>
    usage(
      'RULE_NAME_TWICE',
      `${printable(where)}: a rule ${printable(name)} stands at ${printable(other)} already`,
      'give each rule a name of its own: decisions name it',
    ),
  ruleNeverReached: (where: string, name: string, other: string) =>
    usage(
      'RULE_NEVER_REACHED',
      `${printable(where)}: the rule ${printable(name)} is never reached: ${printable(other)} matches all that it does, and stands first`,
      'put the narrower rule first, or take one of them away',
    ),
  rulesContradict: (where: string, what: string) =>
    usage(
      'RULES_CONTRADICT',
      `${printable(where)}: ${what}`,
      'fix it there, then run: kicker check',
    ),

  // the spool
  spoolUnusable: (path: string, why: string) =>
    usage(
      'SPOOL_UNUSABLE',
      `the spool ${printable(path)} cannot be used: ${printable(why)}`,
      `give it to who runs kicker: install -d -o nagios -g nagios -m 0750 ${printable(path)}; or name another in kicker.yaml: spool: PATH`,
    ),
  spoolUnsafe: (path: string) =>
    usage(
      'SPOOL_UNSAFE',
      `others may write in ${printable(path)}: they could speak for the monitor`,
      `run: chown nagios:nagios ${printable(path)} && chmod 0750 ${printable(path)}`,
    ),

  // backtest
  logEmpty: (files: string, firstLine: string) =>
    usage(
      'LOG_EMPTY',
      `no line of ${printable(files, 200)} begins as in nagios.log, [1700000000]; ${firstLine === '' ? 'there is no line at all' : `the first is ${shown(firstLine, 120)}`}`,
      'name a history that kicker reads, e.g. kicker backtest --nagios-log /var/log/nagios4/archives/*.log; others: docs/reference/backtest.md',
    ),
  logForm: (log: string, form: string, firstLine: string, command: string) =>
    usage(
      'LOG_FORM',
      `${printable(log)} has ${form}; expected [1700000000]; the first line is ${shown(firstLine, 120)}`,
      `run: ${command}`,
    ),
  logPacked: (log: string, packing: string, command: string) =>
    usage(
      'LOG_PACKED',
      `${printable(log)} is packed by ${packing}; only gzip is unpacked here`,
      `run: ${command}`,
    ),
  historyUnknown: (file: string, why: string, accepted: string) =>
    usage(
      'HISTORY_UNKNOWN',
      `${printable(file)} is no history that kicker reads: ${printable(why, 200)}`,
      `name one of: ${accepted}; the command that saves each: docs/reference/backtest.md`,
    ),
  historyMixed: (
    file: string,
    form: string,
    other: string,
    otherForm: string,
  ) =>
    usage(
      'HISTORY_MIXED',
      `${printable(file)} is ${form}, and ${printable(other)} is ${otherForm}; one backtest reads one form`,
      `run kicker backtest for each: kicker backtest ${printable(file)}`,
    ),
  historyLarge: (file: string, mostBytes: number) =>
    usage(
      'HISTORY_LARGE',
      `${printable(file)} is longer than ${mostBytes} bytes; one JSON text is read whole`,
      'save several shorter ranges, or one with a longer step, and name them all',
    ),
  historySilent: (file: string) =>
    usage(
      'HISTORY_SILENT',
      `${printable(file)} has no change of state in it: icinga2.log tells them only with severity notice`,
      `save the event stream, or: echo 'object FileLogger "notice" { path = LogDir + "/notice.log", severity = "notice" }' > /etc/icinga2/features-enabled/notice.conf && systemctl reload icinga2`,
    ),
  historyNoAlerts: (file: string) =>
    usage(
      'HISTORY_NO_ALERTS',
      `${printable(file)} has no series ALERTS`,
      `save it: curl -sG http://127.0.0.1:9090/api/v1/query_range --data-urlencode 'query=ALERTS or vector(0)' -d start=$(date -d '-6 days' +%s) -d end=$(date +%s) -d step=60 > alerts.json`,
    ),
  monitorOtherKind: (
    name: string,
    kind: string,
    form: string,
    wanted: string,
  ) =>
    usage(
      'MONITOR_OTHER_KIND',
      `${printable(name)} is a monitor of kind ${kind}; a history of form ${form} is read by one of kind ${wanted}`,
      `leave --monitor out, or name one of kind ${wanted}`,
    ),

  // ledger
  ledgerUnwritable: (file: string, why: string) =>
    usage(
      'LEDGER_UNWRITABLE',
      `the ledger ${printable(file)} cannot be written: ${printable(why)}; nothing was sent`,
      // A full disk is also told as an I/O error, where SQLite cannot make its shared memory file.
      /full|ENOSPC|I\/O error/.test(why)
        ? `make room: df -h "$(dirname ${printable(file)})"; what is in the spool is taken then`
        : `give it to who runs kicker: install -d -o nagios -g nagios -m 0750 "$(dirname ${printable(file)})"; or name another in kicker.yaml: ledger: PATH`,
    ),
  ledgerUnreadable: (file: string, why: string) =>
    usage(
      'LEDGER_UNREADABLE',
      `the ledger ${printable(file)} cannot be read: ${printable(why)}`,
      'run it as the user that owns the ledger, e.g. sudo -u nagios kicker …; or leave it out: --without-memory',
    ),
  monitorUnknown: (name: string, known: readonly string[]) =>
    usage(
      'MONITOR_UNKNOWN',
      `kicker.yaml names no monitor ${printable(name)} (it names ${printable(known.join(', '))})`,
      `give the handler one that it names, e.g. KICKER_MONITOR=${printable(known[0] ?? 'nagios')}; or add it: monitors: {${printable(name)}: {kind: nagios}}`,
    ),
  serveHangs: (pid: number, seconds: number) =>
    fault(
      exitCodes.notThrough,
      'SERVE_HANGS',
      `kicker serve (process ${pid}) has not answered for ${seconds} s; the event is in the spool`,
      'look: journalctl -u kicker; start it again: systemctl restart kicker',
    ),
  spoolOld: (directory: string, seconds: number) =>
    fault(
      exitCodes.notThrough,
      'SPOOL_OLD',
      `an event has been in the spool ${printable(directory)} for ${seconds} s, and nobody handles it`,
      'look who serves: journalctl -u kicker; start it: systemctl restart kicker',
    ),
  reloadPlaces: () =>
    usage(
      'RELOAD_PLACES',
      'the ledger or the spool is another one in kicker.yaml now: a reload cannot change them, and the old settings stay in force',
      'start kicker again: systemctl restart kicker',
    ),
  ledgerMissing: (file: string) =>
    usage(
      'LEDGER_MISSING',
      `there is no ledger ${printable(file)}, and only \`kicker serve\` and \`kicker kick\` make one`,
      `start it: systemctl start kicker; or name the right one in kicker.yaml: ledger: FILE`,
    ),
  ledgerReplaced: (file: string) =>
    usage(
      'LEDGER_REPLACED',
      `the ledger ${printable(file)} was deleted or replaced while kicker served it`,
      'start kicker again, with the ledger that is there now: systemctl restart kicker',
    ),
  leaseLost: (file: string, own: number, found: number) =>
    usage(
      'LEASE_LOST',
      `another kicker has taken over ${printable(file)} (its lease is number ${found}, this one has ${own})`,
      `look who serves: kicker check`,
    ),
  ledgerNewer: (file: string, found: number, known: number) =>
    usage(
      'LEDGER_NEWER',
      `the ledger ${printable(file)} has format ${found}, this kicker knows ${known}; nothing was sent`,
      'run the newer kicker, or name another ledger in kicker.yaml: ledger: PATH',
    ),
  storyUnknown: (what: string) =>
    usage(
      'STORY_UNKNOWN',
      `the ledger knows nothing of ${shown(what)}`,
      'look for it: kicker history --since 7d --kind all',
    ),

  // the way to the host; they never leave kicker as an exception, each is an answer
  nameUnknown: (address: string, why: string) =>
    fault(
      exitCodes.notThrough,
      'NAME_UNKNOWN',
      `the name ${printable(address)} does not resolve (${printable(why)})`,
      `look: getent hosts ${printable(address)}; or give the address in kicker.yaml: hosts: {NAME: {address: ADDRESS}}`,
    ),
  connectRefused: (address: string, port: number) =>
    fault(
      exitCodes.notThrough,
      'CONNECT_REFUSED',
      `nothing listens on ${printable(address)} port ${port}`,
      'on the host run: systemctl status kickd',
    ),
  connectTimeout: (address: string, port: number, ms: number) =>
    fault(
      exitCodes.notThrough,
      'CONNECT_TIMEOUT',
      `no connection to ${printable(address)} port ${port} within ${ms / 1000} s`,
      `is the host up, and port ${port} open in the firewall? look: nc -vz ${printable(address)} ${port}`,
    ),
  connectFailed: (address: string, port: number, why: string) =>
    fault(
      exitCodes.notThrough,
      'CONNECT_FAILED',
      `no connection to ${printable(address)} port ${port}: ${printable(why)}`,
      `look: nc -vz ${printable(address)} ${port}`,
    ),
  handshakeTimeout: (address: string, port: number, ms: number) =>
    fault(
      exitCodes.notThrough,
      'HANDSHAKE_TIMEOUT',
      `${printable(address)} port ${port} took the connection, but no TLS handshake within ${ms / 1000} s`,
      `look whether it speaks TLS: openssl s_client -connect ${printable(address)}:${port}`,
    ),
  handshakeFailed: (address: string, port: number, why: string) =>
    fault(
      exitCodes.notThrough,
      'HANDSHAKE_FAILED',
      `the TLS handshake with ${printable(address)} port ${port} failed: ${printable(why)}`,
      `look whether it speaks TLS: openssl s_client -connect ${printable(address)}:${port}`,
    ),
  serverNotTrusted: (certname: string, code: string, why: string) =>
    fault(
      exitCodes.refused,
      code,
      `what answers as ${printable(certname)} is not trusted: ${printable(why)}`,
      `look at each step: kicker doctor ${printable(certname)}`,
    ),
  certificateRefused: (certname: string, code: string, why: string) =>
    fault(
      exitCodes.refused,
      code,
      `${printable(certname)} refused our certificate during the handshake: ${printable(why)}`,
      `look at each step: kicker doctor ${printable(certname)}`,
    ),
  replyLost: (code: string, why: string) =>
    fault(
      exitCodes.notKnown,
      code,
      `sent, but no whole reply came: ${printable(why)}`,
      'the host may have taken it; ask it again, with the same kick it runs once',
    ),
  replyOther: (certname: string, asked: string, found: string) =>
    fault(
      exitCodes.notKnown,
      'REPLY_OTHER',
      `it was asked about ${printable(asked)} and answered about ${printable(found)}`,
      `look at what answers there: kicker doctor ${printable(certname)}`,
    ),
  replyUnreadable: (status: number) =>
    fault(
      exitCodes.notKnown,
      'REPLY_UNREADABLE',
      `it answered with status ${status} and a body that this kicker does not understand`,
      'is it kickd, of the same version? compare on both hosts: kicker --version; kickd --version',
    ),

  metricsUnwritable: (file: string, why: string) =>
    usage(
      'METRICS_UNWRITABLE',
      `the metrics ${printable(file)} cannot be written: ${printable(why)}`,
      `make its folder for who runs kicker: install -d -o nagios -g nagios -m 0755 "$(dirname ${printable(file)})"; or name another in kicker.yaml: metrics: {textfile: PATH}`,
    ),

  // calling a person
  escalationFailed: (command: string, why: string) =>
    fault(
      exitCodes.notThrough,
      'ESCALATION_FAILED',
      `the command ${printable(command)} that calls a person failed: ${printable(why)}`,
      'run it by hand: echo {} | sudo -u nagios COMMAND',
    ),

  // the monitor's command file
  commandFileMissing: (file: string) =>
    usage(
      'COMMAND_FILE_MISSING',
      `the command file ${printable(file)} does not exist: Nagios is down, or it is elsewhere`,
      'look: grep command_file /etc/nagios4/nagios.cfg; then name it in kicker.yaml: nagios: {commandFile: PATH}',
    ),
  commandFileUnread: (file: string) =>
    usage(
      'COMMAND_FILE_UNREAD',
      `nobody reads the command file ${printable(file)}: Nagios is down`,
      'look: systemctl status nagios4',
    ),
  commandFileNoFifo: (file: string) =>
    usage(
      'COMMAND_FILE_NO_FIFO',
      `${printable(file)} is no named pipe`,
      `remove it and restart Nagios, which makes it anew: rm ${printable(file)}`,
    ),
  commandFileUnwritable: (file: string, why: string) =>
    usage(
      'COMMAND_FILE_UNWRITABLE',
      `the command file ${printable(file)} cannot be written: ${printable(why)}`,
      `look who may write it: namei -l ${printable(file)}`,
    ),
  commandFileUnset: () =>
    usage(
      'COMMAND_FILE_UNSET',
      'no command file is configured, so Nagios is not asked to look again',
      'name it in kicker.yaml: nagios: {commandFile: /var/lib/nagios4/rw/nagios.cmd}',
    ),
} as const;
