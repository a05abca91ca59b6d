import { spawnSync } from 'node:child_process';

/** For `skip` of a test that compares with openssl: why it cannot, and what to type; false: it can. */
export function whyNoOpenssl(): string | false {
  return spawnSync('openssl', ['version']).status === 0
    ? false
    : 'there is no openssl: apt-get install openssl';
}
