import type { Acl } from '../acl/parse.ts';
import {
  authorize,
  mayAllowInSomeEnvironment,
  type AclDecision,
  type AclRequest,
} from '../acl/authorize.ts';

/** The rules in force, asked by the listener and swapped whole by a reload. */
export interface AclGate {
  /** @param environment what the kick names; without it the host's own */
  authorize(
    request: Omit<AclRequest, 'environment'>,
    environment?: string,
  ): AclDecision;
  /** Before the body is read, when nobody knows the environment yet: a deny here is final. */
  authorizeUnread(request: Omit<AclRequest, 'environment'>): AclDecision;
}

/**
 * @param current the rules in force; undefined: no file, so nobody
 * @param defaultEnvironment the environment that this host's CM tool uses by itself
 */
export function createAclGate(
  current: () => Acl | undefined,
  defaultEnvironment: string,
): AclGate {
  const nobody: AclDecision = {
    decision: 'deny',
    reason: 'there are no access rules in force, so nobody may do anything',
  };
  return {
    authorize: (request, environment = defaultEnvironment) => {
      const acl = current();
      return acl === undefined
        ? nobody
        : authorize(acl, { ...request, environment });
    },
    authorizeUnread: (request) => {
      const acl = current();
      return acl === undefined
        ? nobody
        : mayAllowInSomeEnvironment(acl, request);
    },
  };
}
