/** A refusal that kickd gives over the wire. The log learns more than the caller. */
export interface Refusal {
  status: number;
  code: string;
  title: string;
  /** the next thing for the caller to type or to read */
  remedy: string;
}

const refusal = (
  status: number,
  code: string,
  title: string,
  remedy: string,
): Refusal => ({ status, code, title, remedy });

const apiPage = 'read docs/reference/api.md';

/** Every refusal of the HTTP interface. docs/errors.md lists them; a test keeps the two in step. */
export const refusals = {
  aclDenied: (certname: string, method: string, path: string) =>
    refusal(
      403,
      'ACL_DENIED',
      'the access rules of this host do not allow this',
      `on the host run: kickd acl explain --file /etc/kickd/auth.conf --certname ${certname} --method ${method} --path ${path}`,
    ),
  certnameMismatch: () =>
    refusal(
      403,
      'CERTNAME_MISMATCH',
      'the kick names another host than the one it reached',
      'compare the address and the certname of the host in kicker.yaml: kicker doctor HOST',
    ),
  routeUnknown: () =>
    refusal(404, 'ROUTE_UNKNOWN', 'there is nothing at this path', apiPage),
  methodUnknown: () =>
    refusal(
      405,
      'METHOD_UNKNOWN',
      'this path does not take this method',
      apiPage,
    ),
  runUnknown: () =>
    refusal(
      404,
      'RUN_UNKNOWN',
      'this host knows no such run',
      'kicker runs HOST lists the runs that it knows',
    ),
  urlInvalid: () =>
    refusal(
      400,
      'URL_INVALID',
      'the request target is not a plain path',
      apiPage,
    ),
  hostHeader: () =>
    refusal(
      400,
      'HOST_HEADER',
      'a request has exactly one Host header and is HTTP/1.1',
      apiPage,
    ),
  expectation: () =>
    refusal(417, 'EXPECTATION', 'no Expect header is taken', apiPage),
  upgrade: () =>
    refusal(400, 'UPGRADE', 'no other protocol is spoken here', apiPage),
  queryInvalid: () =>
    refusal(
      400,
      'QUERY_INVALID',
      'the query is not wait=SECONDS, a whole number from 0 to 60',
      apiPage,
    ),
  contentType: () =>
    refusal(
      415,
      'CONTENT_TYPE',
      'the body must be application/json, exactly so',
      'send content-type: application/json',
    ),
  bodyTooLarge: () =>
    refusal(413, 'BODY_TOO_LARGE', 'a kick has at most 4096 bytes', apiPage),
  bodyEncoding: () =>
    refusal(400, 'BODY_NOT_UTF8', 'the body is not UTF-8', apiPage),
  bodyJson: () =>
    refusal(400, 'BODY_NOT_JSON', 'the body is not JSON', apiPage),
  bodyTooDeep: () =>
    refusal(400, 'BODY_TOO_DEEP', 'a kick nests at most two levels', apiPage),
  bodyDuplicateKey: () =>
    refusal(
      400,
      'BODY_DUPLICATE_KEY',
      'a key stands twice in the body',
      apiPage,
    ),
  bodySchema: (where: string) =>
    refusal(
      400,
      'BODY_INVALID',
      `the body is not a kick: look at ${where}`,
      apiPage,
    ),
  kickConflict: () =>
    refusal(
      409,
      'KICK_CONFLICT',
      'this kick id was used before, by another asker or for something else',
      'make a new id for a new kick',
    ),
  profileUnknown: () =>
    refusal(
      422,
      'CM_UNKNOWN',
      'this host has no CM profile of that name',
      'kicker ping HOST names its profile; or ask without --cm',
    ),
  profileChanged: () =>
    refusal(
      503,
      'PROFILE_CHANGED',
      'the two parts of kickd read different settings: for one of them this profile is a drill',
      'on the host run: systemctl try-restart kickd kickd-runner',
    ),
  drillWithoutService: () =>
    refusal(
      422,
      'DRILL_WITHOUT_SERVICE',
      'a drill has to say in because.service which service it breaks',
      'kicker drill HOST SERVICE does so',
    ),
  drillUnlisted: () =>
    refusal(
      422,
      'DRILL_UNLISTED',
      'the drill of this host does not break that service',
      'on the host add the service, as the monitor names it, to cm.profiles.NAME.breaks in kickd.yaml',
    ),
  drillForAlert: () =>
    refusal(
      422,
      'DRILL_FOR_ALERT',
      'a drill breaks a service, and this kick does not say that it is one (because.state: drill)',
      'kicker drill HOST SERVICE does so; where a rule sent it, take the profile out of what.cm in rules.yaml',
    ),
  drillBusy: () =>
    refusal(
      409,
      'DRILL_BUSY',
      'a run waits or is in progress on this host, and a drill begins at once or never',
      'wait for it: kicker runs HOST; then ask again',
    ),
  queueFull: () =>
    refusal(
      503,
      'QUEUE_FULL',
      'too many different runs are waiting on this host',
      'wait for them: kicker runs HOST',
    ),
  tooSoon: (seconds: number) =>
    refusal(
      429,
      'RATE_LIMITED',
      `the last run on this host was too recent; it accepts a kick again in ${String(seconds)} s`,
      'ask again later, with the same kick id; the host sets run.minIntervalSeconds',
    ),
  tooMany: (seconds: number) =>
    refusal(
      429,
      'KICKS_LIMITED',
      `this host was asked too often; it takes a kick again in ${String(seconds)} s`,
      'ask again later, with the same kick id; the host sets run.kicksPerMinute',
    ),
  runnerUnavailable: () =>
    refusal(
      503,
      'RUNNER_UNAVAILABLE',
      'the part of kickd that starts runs does not answer',
      'ask again, with the same kick id; on the host run: systemctl status kickd-runner.socket kickd-runner',
    ),
  logsBusy: (most: number) =>
    refusal(
      503,
      'LOGS_BUSY',
      `${String(most)} logs of this host are being read already`,
      'ask again later; the outcome needs no log: kicker runs HOST',
    ),
  runEnded: () =>
    refusal(
      409,
      'RUN_ENDED',
      'the run has ended already',
      'kicker runs HOST tells how',
    ),
  journalBroken: () =>
    refusal(
      503,
      'JOURNAL_BROKEN',
      'this host cannot write its journal, so it takes no kick',
      'on the host run: kickd check',
    ),
  auditBroken: () =>
    refusal(
      503,
      'AUDIT_BROKEN',
      'this host cannot write its audit file, so it takes no kick',
      'on the host run: kickd check',
    ),
  requestAborted: () =>
    refusal(
      400,
      'REQUEST_ABORTED',
      'the connection ended before the request did',
      apiPage,
    ),
  requestTimeout: () =>
    refusal(
      408,
      'REQUEST_TIMEOUT',
      'the request did not arrive in time',
      apiPage,
    ),
  headersTooLarge: () =>
    refusal(431, 'HEADERS_TOO_LARGE', 'the request head is too large', apiPage),
  requestInvalid: () =>
    refusal(400, 'REQUEST_INVALID', 'this is not an HTTP/1.1 request', apiPage),
  requestSecond: () =>
    refusal(
      503,
      'REQUEST_SECOND',
      'a connection serves one request, and this is a second',
      'open a connection for each request',
    ),
  internal: () =>
    refusal(
      500,
      'INTERNAL',
      'kickd met an error of its own',
      'on the host read the log: journalctl -u kickd',
    ),
} as const;
