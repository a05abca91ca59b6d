import { Faults, errors, exitCodes } from '../errors.ts';
import { findTarget, type Target } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { lookUp, reachTcp, shakeHands } from '../io/diagnose.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import { inspectMaterial } from '@kickd/mtls';
import { checkMaterial } from './check.ts';
import { checkMonitor } from './check-monitor.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
  type Shell,
} from './command.ts';
import { factsOf } from '../fleet/reply-facts.ts';
import { failed, passed } from '../steps.ts';
import { describeStatus } from './views/ping.ts';
import { stepsView } from './views/steps.ts';
import type { CheckStep } from '../ports.ts';
import type { Config } from '../config/config.ts';

export const command = createCommand({
  spec: {
    name: 'doctor',
    operands: '[HOST]',
    about:
      'test the way to one host, or to one monitor, step by step, and report how to fix what fails',
    takesOperands: true,
    options: {
      port: {
        type: 'string',
        value: 'PORT',
        about: 'the port of kickd; default: 8139, or as configured',
        group: 'How',
      },
      monitor: {
        type: 'string',
        value: 'NAME',
        about: 'a monitor of kicker.yaml in place of a host',
        group: 'How',
      },
      ...jsonOption,
      ...configOption,
    },
    examples: [
      [
        'sudo -u nagios kicker doctor web1.example.com',
        'as the user that the monitor runs as',
      ],
      [
        'sudo -u nagios kicker doctor --monitor icinga2',
        'what kicker may ask and tell there',
      ],
    ],
  },
  view: stepsView,
  async *run(given, shell): Found<CheckStep> {
    const port = given.number('port', { least: 1, most: 65535 });
    const config = await loadConfig(given.text('config'), shell.env);
    const [name = '', ...more] = given.operands;
    const monitor = given.text('monitor');
    if (monitor !== undefined) {
      if (name !== '') {
        throw new Faults([
          errors.usage('doctor', 'one host, or one --monitor'),
        ]);
      }
      return yield* examineMonitor(monitor, config, shell);
    }
    const found = findTarget(name, config.hosts, port ?? config.port);
    if (found.kind === 'fault') throw new Faults([found.fault]);
    let isWell = true;
    for await (const step of examine(found.target, config, shell)) {
      yield step;
      if (step.ok === false) isWell = false;
    }
    if (more.length > 0) {
      yield {
        step: 'more hosts',
        ok: undefined,
        text: `one host at a time; not looked at: ${more.length}`,
      };
    }
    return isWell ? exitCodes.ok : exitCodes.runFailed;
  },
});

async function* examineMonitor(
  name: string,
  config: Config,
  shell: Shell,
): Found<CheckStep> {
  const { monitors } = config;
  const settings = Object.hasOwn(monitors, name) ? monitors[name] : undefined;
  if (settings === undefined) {
    throw new Faults([errors.monitorUnknown(name, Object.keys(monitors))]);
  }
  let isWell = true;
  for await (const step of checkMonitor(name, settings, config, shell)) {
    yield step;
    if (step.ok === false) isWell = false;
  }
  return isWell ? exitCodes.ok : exitCodes.runFailed;
}

/** Each step stands on the one before; the first that fails is the last. */
async function* examine(
  target: Target,
  config: Config,
  shell: Shell,
): AsyncGenerator<CheckStep> {
  const { certname, address, port } = target;
  const connectMs = config.timeouts.connectSeconds * 1000;

  const own = checkMaterial(config, shell);
  yield* own;
  if (own.some(({ ok }) => ok === false)) return;
  const material = loadMaterial(config, shell.user);

  yield passed(
    'name',
    `${target.name} is ${certname} at ${address} port ${port}`,
  );

  const addresses = await lookUp(target);
  if (addresses.kind === 'fault') {
    yield failed('address', addresses.fault);
    return;
  }
  yield passed('address', addresses.facts.join(', '));

  const tcp = await reachTcp(target, connectMs);
  if (tcp.kind === 'fault') {
    yield failed('tcp', tcp.fault);
    return;
  }
  yield passed('tcp', `${tcp.facts.address} port ${port} answers`);

  const tls = await shakeHands(target, material, connectMs);
  if (tls.kind === 'fault') {
    yield failed('tls', tls.fault);
    return;
  }
  const { protocol, subject, issuer, validTo, fingerprint } = tls.facts;
  yield passed(
    'tls',
    `${protocol}; it shows ${subject}, issued by ${issuer}, until ${validTo}, SHA-256 ${fingerprint}`,
  );
  if (tls.facts.chain !== undefined) {
    yield failed('chain and CRL', tls.facts.chain);
    return;
  }
  yield passed('chain and CRL', 'signed by our CA, not revoked, in its time');
  if (tls.facts.name !== undefined) {
    yield failed('certname', tls.facts.name);
    return;
  }
  yield passed('certname', `exactly ${certname}`);

  const client = createAgentClient(() => material, {
    connectMs,
    requestMs: config.timeouts.requestSeconds * 1000,
  });
  const reply = await client.getStatus(target, shell.signal);
  const { certname: me } = inspectMaterial(
    material,
    shell.clock.now(),
    'client',
  );
  const explain = (method: string, path: string) =>
    `on ${certname} run: kickd acl explain --certname ${me} --method ${method} --path ${path}`;
  const isPeerRefused =
    reply.kind === 'problem' && reply.code.startsWith('PEER_');
  if (
    reply.kind !== 'accepted' &&
    (reply.kind === 'refused-tls' || isPeerRefused)
  ) {
    yield failed('our certificate', factsOf(reply));
    return;
  }
  if (reply.kind === 'problem' && reply.status === 403) {
    yield passed('our certificate', `${certname} accepts ${me}`);
    yield failed('ACL', {
      ...factsOf(reply),
      remedy: explain('find', '/status'),
    });
    return;
  }
  if (reply.kind !== 'accepted') {
    yield failed('status', factsOf(reply));
    return;
  }
  yield passed('our certificate', `${certname} accepts ${me}`);
  yield passed('ACL', 'GET /status is allowed');
  yield {
    step: 'ACL of a kick',
    ok: undefined,
    text: 'POST /run cannot be tried without a run; ask the host',
    remedy: explain('save', '/run'),
  };
  const { cm } = reply.body;
  yield cm.disabled === undefined
    ? passed('status', describeStatus(reply.body))
    : failed('status', {
        code: 'DISABLED',
        message: describeStatus(reply.body),
        remedy: `on ${certname} run: puppet agent --enable`,
      });
}
