import { clientTlsOptions, readMaterialSync } from '@kickd/mtls';
import type { Run } from '@kickd/protocol';
import { createPki, rawRequest, writeSsl } from '@kickd/testkit';
import { parseAcl } from '../src/acl/parse.ts';
import type { AclMethod } from '../src/acl/request.ts';
import { createAclExplain } from '../src/commands/acl-explain.ts';
import { createAclGate } from '../src/io/acl-gate.ts';
import { createListener } from '../src/io/listener.ts';
import { systemClock } from '../src/io/system-clock.ts';
import type { Runner } from '../src/ports.ts';
import { kickId } from './fixture.ts';

/** What is asked, by the words of the wire. */
export interface Question {
  certname: string;
  request: 'POST /run' | `${'GET' | 'DELETE'} /${string}`;
  /** of the kick; every other request has the host's own, `production` */
  environment?: string;
  /** of the kick: `drill` breaks, every other one heals */
  cm?: string;
}

export interface AclDoor {
  /** @param conf the whole file of rules */
  load(conf: string): void;
  /** Asks over real TLS, from 127.0.0.1. */
  ask(question: Question): Promise<'allow' | 'deny'>;
  /** Asks `kickd acl explain`. */
  explain(question: Question): Promise<string>;
  close(): Promise<void>;
}

/** kickd's door with rules that can be exchanged, and `acl explain` beside it: both must answer alike. */
export async function openAclDoor(dir: string, host: string): Promise<AclDoor> {
  const pki = createPki({ tier: 'two', key: 'ec' });
  const { ca, crl } = pki;
  const files = writeSsl(`${dir}/ssl`, {
    ...pki.issue({ certname: host }),
    ca,
    crl,
  });
  let conf = '';
  const listener = createListener({
    certname: host,
    drills: new Set(['drill']),
    material: readMaterialSync(files),
    minVersion: 'TLSv1.3',
    perSource: { connections: 100, perSecond: 100_000 },
    runner: createStillRunner(host),
    gate: createAclGate(() => {
      const parsed = parseAcl(conf, 'auth.conf', options);
      return parsed.kind === 'acl' ? parsed.acl : undefined;
    }, 'production'),
    audit: {
      append: () => {},
      probe: () => undefined,
      head: { seq: 1, hash: '' },
      close: () => {},
    },
    narrator: { tell: () => {} },
    clock: systemClock,
    renderMetrics: () => '',
    statusFacts: () => ({
      version: '0',
      uptimeSeconds: 0,
      expiries: [],
      acl: { current: true, rules: 0 },
      limits: { bodyMaxBytes: 0, runTimeoutSeconds: 0 },
    }),
  });
  const options = { anyCertname: true, host };
  const { port } = await listener.listen({ address: '127.0.0.1', port: 0 });
  const clients = new Map<string, ReturnType<typeof clientTlsOptions>>();
  const clientOf = (certname: string): ReturnType<typeof clientTlsOptions> => {
    const known = clients.get(certname);
    if (known !== undefined) return known;
    const own = writeSsl(`${dir}/client-${String(clients.size)}`, {
      ...pki.issue({ certname }),
      ca,
      crl,
    });
    const made = clientTlsOptions(readMaterialSync(own), { certname: host });
    clients.set(certname, made);
    return made;
  };
  let kicks = 0;
  return {
    load: (text) => {
      conf = text;
    },
    ask: async ({ certname, request, environment, cm }) => {
      kicks += 1;
      const kick = { kick: kickId(kicks), certname: host, environment, cm };
      const body = request === 'POST /run' ? JSON.stringify(kick) : '';
      const type =
        body === ''
          ? ''
          : `Content-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n`;
      const reply = await rawRequest(port, clientOf(certname), [
        `${request} HTTP/1.1\r\nHost: ${host}\r\n${type}\r\n${body}`,
      ]);
      if (reply.code === 'ACL_DENIED') return 'deny';
      // a run that has ended cannot be cancelled: whoever hears that was let in
      if (reply.status < 300 || reply.code === 'RUN_ENDED') return 'allow';
      throw new Error(
        `${request}: ${reply.text || (reply.error ?? 'nothing')}`,
      );
    },
    explain: async ({ certname, request, environment = 'production', cm }) => {
      const [verb = '', asked = ''] = request.split(' ');
      const path = cm === 'drill' ? '/drill' : asked;
      let said = '';
      const command = createAclExplain({
        readFile: () => conf,
        hostCertname: async () => host,
        stdout: { write: (text) => (said += text) },
        setExitCode: () => {},
      });
      await command.handler({
        _: [],
        $0: 'kickd',
        file: 'auth.conf',
        certname,
        ip: '127.0.0.1',
        method: methodOf(verb, path),
        path,
        environment,
        'any-certname': true,
        json: true,
      });
      return String((JSON.parse(said) as { decision: unknown }).decision);
    },
    close: () => listener.close(),
  };
}

function methodOf(verb: string, path: string): AclMethod {
  if (path === '/runs') return 'search';
  if (verb === 'POST') return 'save';
  return verb === 'DELETE' ? 'destroy' : 'find';
}

/** Takes every kick and starts nothing. */
function createStillRunner(host: string): Runner {
  const run: Run = {
    run: kickId(1),
    certname: host,
    cm: 'tool',
    state: 'ended',
    noop: false,
    kicks: [],
    queuedAt: '2026-01-01T00:00:00Z',
  };
  return {
    submit: async () => ({ kind: 'accepted', run }),
    find: async () => run,
    cancel: async () => ({ kind: 'has-ended', run }),
    readLog: async () => {
      return (async function* () {})();
    },
    waitForEnd: async () => run,
    waitForHeal: async () => run,
    recent: async () => [run],
    state: () => Promise.reject(new Error('nobody asks')),
    close: async () => {},
  };
}
