import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Takes Node's own modules by `process.getBuiltinModule` and only the names that are used.
 * An `import` of a built-in reads every one of its exports, lazy ones too: 3 to 6 of 100 ms of CPU of
 * `kicker kick` on Node 24.21. It also serves `require('fs')` in CommonJS dependencies, which an ES
 * module has no `require` for.
 * @see https://nodejs.org/api/process.html#processgetbuiltinmoduleid
 */
export const builtinModules: Plugin = {
  name: 'builtin-modules',
  setup(build) {
    build.onResolve({ filter: /^[a-z@]/ }, ({ path, kind }) =>
      isBuiltin(path)
        ? {
            path: path.replace(/^node:/, ''),
            namespace: kind === 'require-call' ? required : imported,
            sideEffects: false,
          }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: required }, ({ path }) => ({
      contents: `module.exports = ${taken(path)};`,
    }));
    build.onLoad({ filter: /./, namespace: imported }, ({ path }) => ({
      contents: [
        `const whole = /* @__PURE__ */ (() => ${taken(path)})();`,
        'export default whole;',
        ...exportsOf(path).map(
          (name, index) =>
            `const part${String(index)} = /* @__PURE__ */ (() => whole.${name})(); export { part${String(index)} as ${name} };`,
        ),
      ].join('\n'),
    }));
  },
};

const required = 'builtin-required';
const imported = 'builtin-imported';

function taken(path: string): string {
  return `process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`;
}

/** The names as the Node that builds has them: it is the very one that is shipped. */
function exportsOf(path: string): string[] {
  // The types know getBuiltinModule by literal names alone.
  const found: unknown = process.getBuiltinModule(`node:${path}`);
  if (typeof found !== 'object' && typeof found !== 'function') return [];
  return Object.keys(found ?? {}).filter(
    (name) => name !== 'default' && /^[A-Za-z_$][\w$]*$/.test(name),
  );
}
