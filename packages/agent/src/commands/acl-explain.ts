import { printable, type FaultFacts } from '@kickd/protocol';
import type { CommandModule } from 'yargs';
import { authorize, type AclRequest } from '../acl/authorize.ts';
import { parseAcl } from '../acl/parse.ts';
import { configDefaults } from '../config/schema.ts';
import { aclMethods, isAclMethod } from '../acl/request.ts';
import { drillPath, kickPath } from '../acl/served-paths.ts';
import { faults } from '../errors.ts';
import { isMissing } from '../io/is-missing.ts';
import { explainFaults } from './acl-explain-faults.ts';
import { explainInWords, type Explanation } from './acl-explain-words.ts';

/** The doors to the world that the command needs. */
export interface AclExplainIo {
  /** throws as `readFileSync` does: an error with `code: 'ENOENT'` where there is no file */
  readFile(file: string): string;
  /** certname of this host, by its configuration; undefined: that cannot be read */
  hostCertname(config: string | undefined): Promise<string | undefined>;
  stdout: { write(text: string): unknown };
  setExitCode(code: number): void;
}

export interface AclExplainArguments {
  file?: string | string[] | undefined;
  certname?: string | string[] | undefined;
  ip?: string | string[] | undefined;
  anonymous?: boolean | undefined;
  method?: string | string[] | undefined;
  path?: string | string[] | undefined;
  host?: string | string[] | undefined;
  config?: string | string[] | undefined;
  environment?: string | string[] | undefined;
  'any-certname'?: boolean | undefined;
  json?: boolean | undefined;
}

const exitCodes = { allow: 0, deny: 1, error: 2 } as const;

/** The door asks about a kick as Puppet did, and about a drill in the same way. */
const kickPaths: ReadonlyMap<string, (host: string) => string> = new Map([
  ['/run', kickPath],
  ['/drill', drillPath],
]);

/**
 * `kickd acl explain`: answers by the code that decides requests, without a request.
 * Exit 0 allow, 1 deny, 2 error. Mistakes are an answer as well, not an exception.
 */
export function createAclExplain(
  io: AclExplainIo,
): CommandModule<object, AclExplainArguments> {
  return {
    command: 'explain',
    describe: 'say who may do what, by which line, and why',
    builder: {
      file: { type: 'string', describe: 'the access rules, an auth.conf' },
      certname: { type: 'string', describe: 'the caller, by its certificate' },
      anonymous: {
        type: 'boolean',
        describe: 'a caller without a certificate',
      },
      ip: { type: 'string', describe: "the caller's address" },
      method: {
        type: 'string',
        describe:
          'find (GET), search (GET /runs), save (POST), destroy (DELETE)',
      },
      path: {
        type: 'string',
        describe: 'what it asks for, e.g. /run; of a drill: /drill',
      },
      host: {
        type: 'string',
        describe:
          'certname of the host that is asked (default: of the configuration)',
      },
      config: {
        type: 'string',
        requiresArg: true,
        describe: 'the configuration (default /etc/kickd/kickd.yaml)',
      },
      environment: { type: 'string', describe: 'of the run' },
      'any-certname': {
        type: 'boolean',
        describe: 'as with anyCertname: true in the configuration',
      },
      json: { type: 'boolean', describe: 'one line of JSON' },
    },
    handler: async (args) => {
      const explanation = await explain(args, io);
      io.stdout.write(
        args.json === true ? toJson(explanation) : explainInWords(explanation),
      );
      io.setExitCode(exitCodes[explanation.decision]);
    },
  };
}

async function explain(
  args: AclExplainArguments,
  io: AclExplainIo,
): Promise<Explanation> {
  const asked = readArguments(args);
  if (asked.kind === 'faults') return failed(asked.faults);
  const { file, request, config } = asked;
  const host = asked.host ?? (await io.hostCertname(config));
  let text: string;
  try {
    text = io.readFile(file);
  } catch (error) {
    return unreadable(file, error);
  }
  const anyCertname = args['any-certname'] === true;
  const pathOf =
    request.method === 'save' ? kickPaths.get(request.path) : undefined;
  if (pathOf !== undefined && host === undefined)
    return failed([explainFaults.hostUnknown()]);
  const parsed = parseAcl(text, file, {
    anyCertname,
    ...(host !== undefined && { host }),
  });
  if (parsed.kind === 'faults') {
    const line = parsed.faults[0]?.line;
    return {
      ...failed(parsed.faults),
      file: printable(file),
      ...(line !== undefined && { line }),
    };
  }
  const warnings = parsed.warnings.map(({ message }) => message);
  const path = pathOf?.(host ?? '') ?? request.path;
  return { ...authorize(parsed.acl, { ...request, path }), warnings };
}

function readArguments(args: AclExplainArguments):
  | {
      kind: 'asked';
      file: string;
      host: string | undefined;
      config: string | undefined;
      request: AclRequest;
    }
  | { kind: 'faults'; faults: FaultFacts[] } {
  const found: FaultFacts[] = [];
  const once = (
    name:
      | 'file'
      | 'certname'
      | 'ip'
      | 'method'
      | 'path'
      | 'host'
      | 'config'
      | 'environment',
  ) => {
    const value = args[name];
    if (Array.isArray(value)) found.push(explainFaults.optionTwice(name));
    return Array.isArray(value) ? value[0] : value;
  };
  const file = once('file') ?? configDefaults.acl.file;
  const certname = once('certname');
  const ip = once('ip');
  const method = once('method');
  const path = once('path');
  const environment = once('environment');
  const host = once('host');
  const config = once('config');
  if (path === undefined)
    found.push(explainFaults.optionMissing('--path /run'));
  if (certname === undefined && args.anonymous !== true) {
    found.push(explainFaults.optionMissing('--certname NAME, or --anonymous'));
  }
  if (method === undefined) {
    found.push(explainFaults.optionMissing(`--method ${aclMethods.join('|')}`));
  } else if (!isAclMethod(method)) {
    found.push(explainFaults.methodUnknown(method, aclMethods));
  } else if (found.length === 0 && path !== undefined) {
    const caller = args.anonymous === true ? undefined : certname;
    const request = { path, method, certname: caller, ip, environment };
    return { kind: 'asked', file, host, config, request };
  }
  return { kind: 'faults', faults: found };
}

function failed(found: readonly FaultFacts[]): Explanation {
  const told = found.map(({ code, message, remedy }) => {
    return `${code}: ${message}; ${remedy}`;
  });
  return { decision: 'error', reason: told.join(' | '), faults: found };
}

function unreadable(file: string, error: unknown): Explanation {
  if (!isMissing(error))
    return {
      ...failed([faults.aclUnreadable(printable(file), error)]),
      file: printable(file),
    };
  const { message, remedy } = faults.aclMissing(printable(file));
  return { decision: 'deny', file: printable(file), reason: message, remedy };
}

function toJson({ decision, rule, file, line, reason }: Explanation): string {
  const answer = {
    decision,
    rule: rule ?? null,
    file: file ?? null,
    line: line ?? null,
    reason,
  };
  return `${JSON.stringify(answer)}\n`;
}
