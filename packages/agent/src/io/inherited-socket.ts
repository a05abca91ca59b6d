import { Fault } from '@kickd/protocol';
import { faults } from '../errors.ts';

/** What systemd tells a service of its sockets: LISTEN_PID and LISTEN_FDS. */
export interface SocketVariables {
  LISTEN_PID?: string | undefined;
  LISTEN_FDS?: string | undefined;
}

/** systemd hands sockets over from this number on. */
const firstDescriptor = 3;

/**
 * The descriptor of the one socket that systemd has bound for this process.
 * @returns undefined when there is none: variables of another process say nothing about this one
 * @throws Fault SOCKET_COUNT
 * @see sd_listen_fds(3)
 */
export function inheritedSocket(
  { LISTEN_PID, LISTEN_FDS }: SocketVariables,
  pid: number,
): number | undefined {
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined) return undefined;
  if (LISTEN_FDS !== '1') throw new Fault(faults.socketCount(LISTEN_FDS));
  return firstDescriptor;
}
