import { isIP } from 'node:net';
import { once } from 'node:events';
import { watchMaterial, type Material } from '@kickd/mtls';
import { Fault } from '@kickd/protocol';
import type { Config, ReceiveSettings } from '../config/config.ts';
import { errors, exitCodes, Faults } from '../errors.ts';
import { createJsonLog } from '../io/json-log.ts';
import { placesOf } from '../io/ledger-file.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import { createReceiver, type Door } from '../io/receiver.ts';
import { openSpool } from '../io/spool.ts';
import { readTextFile } from '../io/text-file.ts';
import type { Shell } from './command.ts';
import { createMonitors } from './monitor-world.ts';
import type { Given } from './options.ts';

/** A certificate with all that may stand above it. */
const pemMaxBytes = 1024 * 1024;

/** Receives in this process until it is told to stop. @throws {Fault | Faults} why it cannot begin */
export async function receiveHere(given: Given, shell: Shell): Promise<number> {
  const log = createJsonLog((line) => shell.say(line), shell.clock);
  const config = await loadConfig(given.text('config'), shell.env);
  const { receive } = config;
  if (receive === undefined) throw new Fault(errors.receiveUnset());
  checkReceive(receive, config);
  const { directory } = placesOf(config);
  openSpool(directory, shell.user.uid);
  const monitors = await createMonitors(config, shell, log);
  const end = new AbortController();
  const signal = AbortSignal.any([shell.signal, end.signal]);
  const material = { current: openMaterial(receive, config, shell) };
  const receiver = createReceiver({
    door: doorOf(receive, material),
    senders: receive.senders,
    monitors,
    directory,
    now: () => shell.clock.now(),
    log,
  });
  if (material.current !== undefined) {
    watchMaterial({
      files: material.current.files,
      current: material.current,
      signal,
      role: 'server',
      now: () => shell.clock.now(),
      onChange: (next) => {
        material.current = next;
        receiver.rotate(next);
        log('certificates-renewed', { cert: next.files.cert });
      },
      onRefused: (faults) => {
        for (const { code, message, remedy } of faults) {
          log('certificates-refused', { code, message, remedy });
        }
      },
    });
  }
  try {
    const port = await receiver.listen(receive.address, receive.port);
    log('receiving', {
      address: receive.address,
      port,
      identify: receive.identify,
      monitors: receive.senders.map(({ monitor }) => monitor),
    });
    if (!signal.aborted) await once(signal, 'abort');
    log('stopped', { because: 'stopped' });
    return exitCodes.ok;
  } finally {
    end.abort();
    await receiver.close();
  }
}

/** @throws {Faults} what the schema cannot say */
function checkReceive(
  { address, identify, tls, senders }: ReceiveSettings,
  { monitors }: Config,
): void {
  const faults = [
    ...(identify === 'token' && tls === undefined && !isLoopback(address)
      ? [errors.receivePlain(address)]
      : []),
    ...(identify === 'certificate' &&
    tls !== undefined &&
    (tls.ca === undefined || tls.crl === undefined)
      ? [errors.receiveTrust()]
      : []),
    ...senders.flatMap((sender) => [
      ...(Object.hasOwn(monitors, sender.monitor)
        ? []
        : [errors.monitorUnknown(sender.monitor, Object.keys(monitors))]),
      ...('certname' in sender === (identify === 'certificate')
        ? []
        : [errors.receiveProof(sender.monitor, identify)]),
    ]),
  ];
  if (faults.length > 0) throw new Faults(faults);
}

function isLoopback(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1';
}

/** kicker's own, or as `receive.tls` says. */
function openMaterial(
  { identify, tls }: ReceiveSettings,
  config: Config,
  shell: Shell,
): Material | undefined {
  if (identify !== 'certificate') return undefined;
  const { ca, crl, cert, key } = tls ?? {};
  const own = ca !== undefined && crl !== undefined && cert && key;
  return loadMaterial(
    own ? { ...config, tls: { cert, key, ca, crl } } : config,
    shell.user,
  );
}

function doorOf(
  { tls }: ReceiveSettings,
  material: { current: Material | undefined },
): Door {
  const first = material.current;
  if (first !== undefined) {
    return { kind: 'certificate', material: () => material.current ?? first };
  }
  if (tls === undefined) return { kind: 'plain' };
  return {
    kind: 'token',
    tls: {
      cert: readTextFile(tls.cert, pemMaxBytes),
      key: readTextFile(tls.key, pemMaxBytes),
    },
  };
}
