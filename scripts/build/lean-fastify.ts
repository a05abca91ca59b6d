import type { Plugin } from 'esbuild';

/**
 * Leaves out of fastify and pino what neither program uses: kickd's listener would hold 6 of its 70 MB for it. Bodies are
 * checked by typebox, never by a route's schema; nothing is injected; there is no HTTP/2; whatever logs has a stream of its own.
 * @see docs/decisions/0012-memory.md
 */
export const leanFastify: Plugin = {
  name: 'lean-fastify',
  setup(build) {
    for (const [owner, modules] of Object.entries(instead)) {
      build.onResolve({ filter: /./ }, ({ path, importer, namespace }) =>
        namespace === 'file' &&
        Object.hasOwn(modules, path) &&
        importer.includes(`/node_modules/${owner}/`)
          ? {
              path: `${owner} ${path}`,
              namespace: 'left-out-of-fastify',
            }
          : undefined,
      );
    }
    build.onLoad(
      { filter: /./, namespace: 'left-out-of-fastify' },
      ({ path }) => {
        const [owner = '', name = ''] = path.split(' ');
        return { contents: instead[owner]?.[name] ?? '' };
      },
    );
  },
};

const leftOut = (name: string): string =>
  `throw new Error('${name} is left out of this build')`;
const neverMade = (name: string): string =>
  `module.exports = class { constructor() { ${leftOut(name)}; } };`;
const http2 = `module.exports = new Proxy({}, { get: (_, name) => process.getBuiltinModule('node:http2')[name] });`;
/** The one form of it that they use; Node's own loads the colours of a terminal, and more. */
const assert = `module.exports = (isSo, message) => { if (!isSo) throw new Error(message); };`;

const instead: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fastify: {
    '@fastify/ajv-compiler': `module.exports = () => () => { ${leftOut('ajv')}; };`,
    '@fastify/fast-json-stringify-compiler': `module.exports = () => () => { ${leftOut('fast-json-stringify')}; };`,
    'light-my-request': `${leftOut('inject')};`,
    'node:http2': http2,
    'node:perf_hooks': 'module.exports = { performance };',
    'node:assert': assert,
  },
  'find-my-way': { 'node:assert': assert },
  pino: {
    'sonic-boom': neverMade('sonic-boom'),
    'thread-stream': neverMade('thread-stream'),
    worker_threads: 'module.exports = { isMainThread: true };',
  },
};
