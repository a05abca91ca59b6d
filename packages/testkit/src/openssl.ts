import { execaSync } from 'execa';
/** For `skip` of a test that compares with openssl: why it cannot, and what to type; false: it can. */
export function whyNoOpenssl(): string | false {
  return execaSync('openssl', ['version'], { reject: false }).exitCode === 0
    ? false
    : 'there is no openssl: apt-get install openssl';
}
