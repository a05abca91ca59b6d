import { nameOfBinary } from '../../events/name-bytes.ts';

/** What the object of a service says that its log does not. */
export interface ServiceObject {
  maxAttempts?: number;
  /** each check of a volatile service that is not OK calls the handler */
  isVolatile: boolean;
}

/**
 * The services in Nagios's object cache: `define service {` with `host_name`, `service_description`,
 * `max_check_attempts` and `is_volatile`, everything inherited and expanded already.
 * @param text one character a byte (`latin1`), so that names keep theirs
 * @returns `HOST;SERVICE` → what its object says
 * @see Nagios Core, common/objects.c, fcache_service
 */
export function parseServiceObjects(
  text: string,
): ReadonlyMap<string, ServiceObject> {
  const services = new Map<string, ServiceObject>();
  let at = text.indexOf(begin);
  while (at >= 0) {
    const end = text.indexOf('\n\t}', at);
    const body = text.slice(at, end < 0 ? text.length : end);
    const host = field(body, 'host_name');
    const service = field(body, 'service_description');
    if (host !== undefined && service !== undefined) {
      const most = Number(field(body, 'max_check_attempts'));
      services.set(nameOfBinary(`${host};${service}`), {
        ...(Number.isInteger(most) && most > 0 ? { maxAttempts: most } : {}),
        isVolatile: field(body, 'is_volatile') === '1',
      });
    }
    at = end < 0 ? -1 : text.indexOf(begin, end);
  }
  return services;
}

const begin = 'define service {\n';

function field(body: string, name: string): string | undefined {
  const start = body.indexOf(`\n\t${name}\t`);
  if (start < 0) return undefined;
  const from = start + name.length + 3;
  const end = body.indexOf('\n', from);
  return body.slice(from, end < 0 ? body.length : end).trim();
}
