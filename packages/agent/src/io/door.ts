import type { IncomingMessage } from 'node:http';
import { bodyMaxBytes, patterns, type Uuid7 } from '@kickd/protocol';
import type { AclMethod } from '../acl/authorize.ts';
import { refusals, type Refusal } from '../refusals.ts';
import { listenerLimits } from './listener-limits.ts';

/** What a request asks for, read from its head alone. */
export type Asked =
  | { kind: 'asked'; method: AclMethod; path: string; route: Route }
  | { kind: 'refused'; refusal: Refusal };

type Route =
  | { kind: 'make-run' }
  | { kind: 'show-run'; run: Uuid7 }
  | { kind: 'cancel-run'; run: Uuid7 }
  | { kind: 'show-log'; run: Uuid7 }
  | { kind: 'show-metrics' }
  | { kind: 'list-runs' }
  | { kind: 'show-status' }
  | { kind: 'none' };

/** A plain path: no escape, no double slash, no dot segment, at most one query. */
const target = /^((?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)(?:\?([A-Za-z0-9=&]*))?$/;

/** @see docs/reference/api.md; Puppet's names of what is done with a thing */
const aclMethods: Readonly<Record<string, AclMethod>> = {
  GET: 'find',
  POST: 'save',
  PUT: 'save',
  DELETE: 'destroy',
};

/**
 * Judges the head of a request before anything else is read. llhttp lets through two Host headers,
 * HTTP/1.0, the absolute form and upgrades: they are refused here.
 * @see RFC 9112, section 3.2
 */
export function readHead(request: IncomingMessage): Asked {
  const refused = (refusal: Refusal): Asked => ({ kind: 'refused', refusal });
  const names = request.rawHeaders
    .filter((_, index) => index % 2 === 0)
    .map((name) => name.toLowerCase());
  const count = (name: string): number =>
    names.filter((other) => other === name).length;

  if (names.length > listenerLimits.headersMax)
    return refused(refusals.headersTooLarge());
  if (request.httpVersion !== '1.1' || count('host') !== 1) {
    return refused(refusals.hostHeader());
  }
  if (count('upgrade') > 0 || count('http2-settings') > 0) {
    return refused(refusals.upgrade());
  }
  if (count('expect') > 0) return refused(refusals.expectation());
  const match = target.exec(request.url ?? '');
  const path = match?.[1];
  if (path === undefined) return refused(refusals.urlInvalid());

  const route = routeOf(request.method ?? '', path);
  const method =
    route.kind === 'list-runs' ? 'search' : aclMethods[request.method ?? ''];
  if (method === undefined) return refused(refusals.methodUnknown());
  if (match?.[2] !== undefined && route.kind !== 'show-run') {
    return refused(refusals.queryInvalid());
  }
  if (route.kind === 'make-run') {
    // The parsers of frameworks have been talked round by tabs, case and trailing junk.
    const isExact =
      count('content-type') === 1 &&
      request.headers['content-type'] === 'application/json';
    if (!isExact) return refused(refusals.contentType());
    if (Number(request.headers['content-length'] ?? 0) > bodyMaxBytes) {
      return refused(refusals.bodyTooLarge());
    }
  }
  return { kind: 'asked', method, path, route };
}

const ofRun = new RegExp(
  `^/run/(${patterns.uuid7.replace(/^\^|\$$/g, '')})(/log)?$`,
);

function routeOf(method: string, path: string): Route {
  if (path === '/run' && method === 'POST') return { kind: 'make-run' };
  const [, run, log] = ofRun.exec(path) ?? [];
  if (method === 'DELETE' && run !== undefined && log === undefined) {
    return { kind: 'cancel-run', run };
  }
  if (method !== 'GET') return { kind: 'none' };
  if (path === '/runs') return { kind: 'list-runs' };
  if (path === '/status') return { kind: 'show-status' };
  if (path === '/metrics') return { kind: 'show-metrics' };
  if (run === undefined) return { kind: 'none' };
  return { kind: log === undefined ? 'show-run' : 'show-log', run };
}
