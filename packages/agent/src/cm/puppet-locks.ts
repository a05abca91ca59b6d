import { oneLine } from '@kickd/protocol';

/**
 * The administrator's message of `puppet agent --disable MESSAGE`.
 * A lock that is not JSON disables the agent all the same.
 * @see lib/puppet/agent/disabler.rb
 */
export function disabledMessage(lock: string | undefined): string | undefined {
  if (lock === undefined) return undefined;
  return oneLine(messageIn(lock) ?? '') || 'reason not specified';
}

function messageIn(lock: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(lock);
    return typeof parsed === 'object' &&
      parsed !== null &&
      'disabled_message' in parsed &&
      typeof parsed.disabled_message === 'string'
      ? parsed.disabled_message
      : undefined;
  } catch {
    // written by hand or by an old Puppet
    return undefined;
  }
}

/**
 * Whether a living process holds the lock of a run. That the file is there says nothing: a run that was killed
 * leaves it, empty or with the number of a process that is gone, and Puppet itself goes on.
 */
export function isLockHeld(
  lock: string | undefined,
  isAlive: (pid: number) => boolean,
): boolean {
  // 0 would be one's own process group
  return (
    lock !== undefined &&
    /^[1-9]\d{0,8}\s*$/.test(lock) &&
    isAlive(Number(lock))
  );
}
