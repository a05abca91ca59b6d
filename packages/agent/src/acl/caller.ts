import { printable } from '@kickd/protocol';
import { aclLimits } from './limits.ts';
import type { AclDecision, AclRequest } from './request.ts';

/**
 * Refuses what no rule is asked about: a caller without a certificate, a certname or a path that is
 * not canonical. Puppet let `^` and `$` match at line breaks, so a path or name with one could pass
 * an allow or slip past a deny; here such a text is judged by no rule at all.
 * @returns undefined when the rules decide
 */
export function refuseCaller(request: AclRequest): AclDecision | undefined {
  const { certname, path } = request;
  if (certname === undefined) {
    return {
      decision: 'deny',
      reason:
        'the caller showed no client certificate, and no rule lets anyone in without one',
      remedy: 'connect with a certificate that the CA of this host has signed',
    };
  }
  const flaw = certnameFlaw(certname);
  if (flaw !== undefined) {
    return {
      decision: 'deny',
      reason: `"${printable(certname, 100)}" is no certname: ${flaw}`,
      remedy:
        'issue the caller a certificate with a plain lower-case host name',
    };
  }
  if (!path.startsWith('/') || hasControls(path)) {
    return {
      decision: 'deny',
      reason: `"${printable(path, 100)}" is no path: it begins with a slash and has no control characters`,
      remedy: 'ask for a path that kickd serves, for example /run',
    };
  }
  return undefined;
}

function certnameFlaw(certname: string): string | undefined {
  if (certname === '') return 'it is empty';
  if (certname.length > aclLimits.certnameMaxChars) {
    return `it has more than ${aclLimits.certnameMaxChars} characters`;
  }
  if (!/^[\x21-\x7e]+$/.test(certname) || certname.includes('*')) {
    return 'it has a character that no certname has';
  }
  return certname.split('.').includes('')
    ? 'a part between its dots is empty'
    : undefined;
}

function hasControls(text: string): boolean {
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}
