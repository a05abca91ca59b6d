import type { Plugin } from 'esbuild';

/** Loads the engine of regular expressions where a rule has one: its tables are a megabyte of the listener. */
export const leanRe2js: Plugin = {
  name: 'lean-re2js',
  setup(build) {
    build.onResolve(
      { filter: /^re2js$/ },
      ({ path, kind, importer, resolveDir }) =>
        kind === 'import-statement' &&
        importer.endsWith('/agent/src/acl/regex.ts')
          ? { path, namespace: 're2js-on-demand', pluginData: resolveDir }
          : undefined,
    );
    build.onLoad(
      { filter: /./, namespace: 're2js-on-demand' },
      ({ pluginData }) => ({
        // esbuild evaluates what is required, and what that imports, at the call
        contents: `export const RE2JS = { compile: (...words) => require('re2js').RE2JS.compile(...words) };`,
        resolveDir: String(pluginData),
      }),
    );
  },
};
