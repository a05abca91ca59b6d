import type { Plugin } from 'esbuild';

/**
 * Leaves out of undici what kicker never uses and would pay for at each start. By the two ways that undici itself has for
 * it: Node's own build of it defines `esbuildDetection` and has no experimental parser (150 KB), and where Node has no
 * HTTP/2, `node:http2` fails to load (4 of 100 ms of CPU of `kicker kick` on Node 24.20). kickd's fastify still gets it.
 * And two modules of Node that only its fetch needs, which comes along and is never called (another 5 of 100 ms).
 * @see https://github.com/nodejs/undici/blob/main/lib/dispatcher/client-h2.js
 */
export const leanUndici: Plugin = {
  name: 'lean-undici',
  setup(build) {
    build.initialOptions.define = {
      ...build.initialOptions.define,
      esbuildDetection: 'true',
    };
    build.onResolve({ filter: /^node:/ }, ({ path, importer }) =>
      Object.hasOwn(instead, path) && /\/node_modules\/undici\//.test(importer)
        ? { path, namespace: 'left-out' }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
      contents: instead[path] ?? '',
    }));
  },
};

const instead: Readonly<Record<string, string>> = {
  'node:http2': `throw new Error('http2 is left out of this build');`,
  // loaded where a name of it is asked for
  'node:zlib': `module.exports = new Proxy({}, { get: (_, name) => process.getBuiltinModule('node:zlib')[name] });`,
  'node:perf_hooks': `module.exports = { performance };`,
};
