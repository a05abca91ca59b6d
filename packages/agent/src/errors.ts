import { printable, type FaultFacts } from '@kickd/protocol';

/** Exit codes of kickd: 0 fine, 1 a deny or a warning, 2 usage or configuration, 3 certificates. */
const usage = 2;

/** Every error of kickd that a person can meet, but for those of the ACL (acl/faults.ts) and of TLS (mtls). */
export const faults = {
  configUnreadable: (file: string, why: string): FaultFacts => ({
    code: 'CONFIG_UNREADABLE',
    exitCode: usage,
    message: `the configuration ${file} cannot be read: ${why}`,
    remedy: `namei -l ${file}; or name another with --config FILE: every setting has a default, so an empty file will do`,
  }),
  configInvalid: (place: string, what: string, remedy: string): FaultFacts => ({
    code: 'CONFIG_INVALID',
    exitCode: usage,
    message: `${place}: ${what}`,
    remedy,
  }),
  journalUnusable: (file: string, error: unknown): FaultFacts => ({
    code: 'JOURNAL_UNUSABLE',
    exitCode: usage,
    message: `the journal ${file} cannot be used: ${reasonOf(error)}`,
    remedy: `fuser -v ${file} (is another kickd running?); df -h ${file}; ls -l ${file}`,
  }),
  auditUnusable: (file: string, error: unknown): FaultFacts => ({
    code: 'AUDIT_UNUSABLE',
    exitCode: usage,
    message: `the audit file ${file} cannot be used: ${reasonOf(error)}`,
    remedy: `namei -l ${file}; df -h ${file}; or set audit.file`,
  }),
  auditInUse: (file: string, pid: number, command: string): FaultFacts => ({
    code: 'AUDIT_IN_USE',
    exitCode: usage,
    message: `process ${String(pid)} (${command}) writes the audit file ${file}; two writers would break its chain`,
    remedy: `look: ps -o pid,user,args -p ${String(pid)}; to run a second kickd give it an audit.file, a state and a listen.port of its own`,
  }),
  auditShared: (file: string): FaultFacts => ({
    code: 'AUDIT_SHARED',
    exitCode: usage,
    message: `another program has written to the audit file ${file}, so no kick is taken`,
    remedy: `find it: sudo fuser -v ${file}; when it has ended: systemctl restart kickd; then: sudo kickd audit verify ${file}`,
  }),
  auditBroken: (file: string, why: string): FaultFacts => ({
    code: 'AUDIT_BROKEN',
    exitCode: usage,
    message: `the audit file ${file} cannot be written, so no kick is taken: ${why}`,
    remedy: `df -h ${file}; ls -l ${file}; it goes on by itself`,
  }),
  portTaken: (address: string, port: number): FaultFacts => ({
    code: 'LISTEN_IN_USE',
    exitCode: usage,
    message: `${address} port ${String(port)} is taken by another program`,
    remedy: `ss -ltnp 'sport = :${String(port)}' names it; or set listen.port`,
  }),
  listenFailed: (address: string, port: number, why: string): FaultFacts => ({
    code: 'LISTEN_FAILED',
    exitCode: usage,
    message: `cannot listen on ${address} port ${String(port)}: ${why}`,
    remedy: 'set listen.address to an address of this host: ip -brief address',
  }),
  toolMissing: (profile: string, binary: string): FaultFacts => ({
    code: 'CM_MISSING',
    exitCode: usage,
    message: `the profile ${profile} wants ${binary}, which is not an executable file`,
    remedy: `install the tool, or set cm.profiles.${profile}.binary to where it is`,
  }),
  toolTooOld: (
    profile: string,
    title: string,
    found: string,
    oldest: string,
  ): FaultFacts => ({
    code: 'CM_TOO_OLD',
    exitCode: usage,
    message: `${title} ${printable(found, 40)} found for the profile ${profile}, ${oldest} or later is needed`,
    remedy: `install ${title} ${oldest} or later; where a newer one lies elsewhere: set cm.profiles.${profile}.binary to it`,
  }),
  toolUnusable: (profile: string, binary: string, why: string): FaultFacts => ({
    code: 'CM_UNUSABLE',
    exitCode: usage,
    message: `the profile ${profile} starts ${binary}, which does not tell its version: ${why}`,
    remedy: `type what kickd typed: env -i PATH=/usr/bin:/bin LANG=C.UTF-8 ${binary} --version`,
  }),
  probeMissing: (
    profile: string,
    service: string,
    file: string,
  ): FaultFacts => ({
    code: 'PROBE_MISSING',
    exitCode: usage,
    message: `the probe of ${printable(service)} in the profile ${profile} wants ${printable(file)}, which is not an executable file; until then each kick runs`,
    remedy: `ls -l ${printable(file)}; install it, on Debian: sudo apt-get install monitoring-plugins-basic; or set cm.profiles.${profile}.probes to where it is`,
  }),
  probeUser: (profile: string, service: string, user: string): FaultFacts => ({
    code: 'PROBE_USER',
    exitCode: usage,
    message: `there is no user ${user} for the probe of ${printable(service)} in the profile ${profile}; until then each kick runs`,
    remedy: `sudo useradd --system --no-create-home --shell /usr/sbin/nologin ${user}; or set another user of that probe: getent passwd lists them`,
  }),
  probeRoot: (profile: string, service: string, user: string): FaultFacts => ({
    code: 'PROBE_ROOT',
    exitCode: usage,
    message: `the user ${user} of the probe of ${printable(service)} in the profile ${profile} is root (uid 0)`,
    remedy:
      'set user of that probe to an unprivileged user, or leave it out: nobody; getent passwd lists them',
  }),
  probeAsSelf: (users: string): FaultFacts => ({
    code: 'PROBE_AS_SELF',
    exitCode: usage,
    message: `kickd is not root, so it starts its probes as itself and not as ${users}`,
    remedy:
      'nothing to do where it may ask as itself; else: sudo kickd foreground',
  }),
  probeUnusable: (
    profile: string,
    service: string,
    why: string,
    typed: string,
  ): FaultFacts => ({
    code: 'PROBE_UNUSABLE',
    exitCode: usage,
    message: `the probe of ${printable(service)} in the profile ${profile} does not say how the service is, so each kick runs: ${why}`,
    remedy: `type what kickd typed: ${typed}`,
  }),
  standbyProgram: (profile: string): FaultFacts => ({
    code: 'STANDBY_PROGRAM',
    exitCode: usage,
    message: `the profile ${profile} wants a standby, but the Ruby of its Puppet, or kickd_standby.rb of kickd, was not found: each run is cold`,
    remedy: `head -n 1 "$(command -v puppet)" names the Ruby; it has to be Puppet's own, or that of Debian's package: dpkg -L kickd | grep standby; or set cm.profiles.${profile}.standby to false`,
  }),
  standbyServices: (profile: string): FaultFacts => ({
    code: 'STANDBY_SERVICES',
    exitCode: usage,
    message: `the profile ${profile} has a standby, and names no resource of any service: it makes ordinary runs, and heals nothing ahead`,
    remedy: `say which resource keeps which service of the monitor up: cm.profiles.${profile}.services: {HTTP: ['Service[apache2]']}`,
  }),
  standbyUnfit: (
    profile: string,
    resource: string,
    why: string,
  ): FaultFacts => ({
    code: 'STANDBY_UNFIT',
    exitCode: usage,
    message: `${printable(resource)} of the profile ${profile} is not healed ahead, only by the ordinary run: ${printable(why)}`,
    remedy:
      'nothing has to be done; docs/guides/standby.md says what can be healed ahead',
  }),
  environmentPoisoned: (name: string): FaultFacts => ({
    code: 'ENVIRONMENT_UNSAFE',
    exitCode: usage,
    message: `${name} is set: it can change how kickd runs or whom it trusts`,
    remedy: `unset ${name}`,
  }),
  fileWritable: (what: string, file: string, mode: string): FaultFacts => ({
    code: 'FILE_WRITABLE',
    exitCode: usage,
    message: `others than its owner may change the ${what} ${printable(file)} (mode ${mode})`,
    remedy: `chmod go-w ${printable(file)}`,
  }),
  fileOwner: (what: string, file: string, uid: string): FaultFacts => ({
    code: 'FILE_OWNER',
    exitCode: usage,
    message: `the ${what} ${printable(file)} belongs to user ${uid}: neither to root nor to whoever runs kickd`,
    remedy: `namei -l ${printable(file)}; sudo chown root ${printable(file)}`,
  }),
  aclMissing: (file: string): FaultFacts => ({
    code: 'ACL_MISSING',
    exitCode: usage,
    message: `there is no ACL at ${file}: nobody may do anything`,
    remedy: `printf 'path /run\\nmethod save\\nallow KICKER.CERTNAME\\n' | sudo tee ${file}`,
  }),
  aclUnreadable: (file: string, error: unknown): FaultFacts => ({
    code: 'ACL_UNREADABLE',
    exitCode: usage,
    message: `the ACL ${file} cannot be read: ${reasonOf(error)}`,
    remedy: `ls -l ${file}`,
  }),
  socketCount: (count: string): FaultFacts => ({
    code: 'SOCKET_COUNT',
    exitCode: usage,
    message: `systemd hands over ${printable(count)} sockets, kickd wants one`,
    remedy:
      'give the .socket unit one ListenStream: systemctl cat kickd.socket kickd-runner.socket',
  }),
  socketUnusable: (fd: number, why: string): FaultFacts => ({
    code: 'SOCKET_UNUSABLE',
    exitCode: usage,
    message: `cannot listen on the socket that was handed over as descriptor ${String(fd)}: ${why}`,
    remedy: 'systemctl cat kickd.socket: it wants ListenStream= with a port',
  }),
  runnerSocket: (where: string, why: string): FaultFacts => ({
    code: 'RUNNER_SOCKET',
    exitCode: usage,
    message: `the runner cannot listen on ${where}: ${why}`,
    remedy:
      'systemctl status kickd-runner.socket; by hand: kickd runner --socket FILE, in a folder that only root can write',
  }),
  runnerUnavailable: (path: string, why: string): FaultFacts => ({
    code: 'RUNNER_UNAVAILABLE',
    exitCode: usage,
    message: `the runner at ${path} does not answer: ${why}`,
    remedy: 'systemctl status kickd-runner.socket kickd-runner',
  }),
  credentialsIncomplete: (folder: string): FaultFacts => ({
    code: 'CREDENTIALS_INCOMPLETE',
    exitCode: usage,
    message: `of cert.pem and key.pem only one is among the credentials in ${printable(folder)}`,
    remedy: 'name both with LoadCredential=: systemctl cat kickd',
  }),
  internal: (error: unknown): FaultFacts => ({
    code: 'INTERNAL',
    exitCode: 70,
    message: reasonOf(error),
    remedy: 'please report it, with this line',
  }),
  certificateName: (certname: string, wanted: string): FaultFacts => ({
    code: 'CERTNAME_DIFFERS',
    exitCode: usage,
    message: `the certificate is for ${printable(certname)}, the configuration says ${printable(wanted)}`,
    remedy:
      'set certname to the name in the certificate, or tls.cert and tls.key to the right files',
  }),
} as const;

/** Why a connection is reset before TLS. Nobody is answered: the log tells it, once a minute a source. */
export const connectionFaults = {
  rate: (): FaultFacts => ({
    code: 'SOURCE_TOO_FAST',
    exitCode: usage,
    message:
      'more new connections, or more failed handshakes, than one source may make',
    remedy:
      'look who it is; many monitors behind one address: raise listen.perSource.perSecond',
  }),
  connections: (): FaultFacts => ({
    code: 'SOURCE_TOO_MANY_OPEN',
    exitCode: usage,
    message: 'more open connections than one source may hold',
    remedy:
      'look who it is; many monitors behind one address: raise listen.perSource.connections',
  }),
} as const;

export function reasonOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error));
}
