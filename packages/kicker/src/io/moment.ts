import { readFileSync } from 'node:fs';
import type { Moment } from '../events/moment.ts';

let boot: string | undefined;

/** Now, on both clocks. process.hrtime is CLOCK_MONOTONIC, one clock for all processes of a boot. */
export function readMoment(): Moment {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return {
    wallMs: Date.now(),
    boot,
    monotonicMs: Number(process.hrtime.bigint() / 1000n) / 1000,
  };
}
