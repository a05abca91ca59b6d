import type { Plugin } from 'esbuild';

/**
 * Leaves out of undici what kicker never uses and would pay for at each start, by the two ways that undici itself has
 * for it: Node's own build of it defines `esbuildDetection` and has no experimental parser (150 KB), and where Node has no
 * HTTP/2, `node:http2` fails to load (4 of 100 ms of CPU of `kicker kick` on Node 24.20). kickd's fastify still gets it.
 * @see https://github.com/nodejs/undici/blob/main/lib/dispatcher/client-h2.js
 */
export const leanUndici: Plugin = {
  name: 'lean-undici',
  setup(build) {
    build.initialOptions.define = {
      ...build.initialOptions.define,
      esbuildDetection: 'true',
    };
    build.onResolve({ filter: /^node:http2$/ }, ({ importer }) =>
      /\/node_modules\/undici\//.test(importer)
        ? { path: 'http2', namespace: 'left-out' }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error('${path} is left out of this build');`,
    }));
  },
};
