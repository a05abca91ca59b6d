import { isPlainRun } from './plain-run.ts';

/** What a reply may be; `new-run` is a Run as well, and mostly one that has not ended. */
export type ReplyShape = 'new-run' | 'run' | 'run-list' | 'status';

/** Whether a parsed body is what the protocol promises. */
export type HasShape = (body: unknown) => Promise<boolean>;

/**
 * The check of a reply that is about to be asked for. The usual reply to a kick is known at sight;
 * for any other the protocol's schema is loaded, which takes longer than to use it.
 */
export function prepareShape(shape: ReplyShape): HasShape {
  if (shape === 'new-run') {
    return async (body) =>
      isPlainRun(body) || (await loadSchemas()).fitsSchema('run', body);
  }
  // At once: it loads while the host works, and a follower may outlive the files that it started from.
  const schemas = loadSchemas();
  return async (body) => (await schemas).fitsSchema(shape, body);
}

function loadSchemas() {
  return import('./reply-schema.ts');
}
