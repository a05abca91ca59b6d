import type { Plugin } from 'esbuild';

/**
 * Loads what yargs lays its help out with only where it does: each start would pay for it, mostly for two `Intl.Segmenter`
 * and the tables of their expressions, a tenth of the CPU of `kicker kick` on Node 24.20. The help is the same.
 * @see https://github.com/yargs/yargs/blob/main/lib/platform-shims/esm.mjs
 */
export const leanYargs: Plugin = {
  name: 'lean-yargs',
  setup(build) {
    build.onResolve(
      { filter: /^(?:cliui|string-width)$/ },
      ({ path, importer, resolveDir, kind }) =>
        kind === 'import-statement' &&
        importer.endsWith('/yargs/lib/platform-shims/esm.mjs')
          ? { path, namespace: 'on-demand', pluginData: resolveDir }
          : undefined,
    );
    build.onLoad(
      { filter: /./, namespace: 'on-demand' },
      ({ path, pluginData }) => ({
        // esbuild evaluates what is required, and what that imports, at the call
        contents: `export default (...options) => require('${path}').default(...options);`,
        resolveDir: String(pluginData),
      }),
    );
  },
};
