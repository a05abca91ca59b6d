import { readFileSync } from 'node:fs';
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
    build.onLoad({ filter: /\/node_modules\/.*\.m?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = takeBuiltins(text);
      return contents === text ? undefined : { contents, loader: 'js' };
    });
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

/**
 * Takes the imported names where they are used. As a module of its own each built-in would become as many chunks as there are
 * groups of files that share a name of it: a dozen files of a line each, found, read and linked at every start.
 * @param text an ES module; anything else comes back as it is
 */
export function takeBuiltins(text: string): string {
  return text.replaceAll(
    /^import (?:(\w+)|\{([^}]*)\}) from (['"])([\w:/]+)\3;?$/gm,
    (
      statement: string,
      whole: string | undefined,
      names: string | undefined,
      _quote: string,
      path: string,
    ) => {
      if (!isBuiltin(path)) return statement;
      const from = path.replace(/^node:/, '');
      // line numbers stay
      const lines = '\n'.repeat(statement.split('\n').length - 1);
      const parts =
        whole === undefined
          ? splitNames(names ?? '').map((name) => {
              const [theirs = '', ours = theirs] = name.split(/ as /);
              return `const ${ours} = /* @__PURE__ */ (() => ${taken(from)}.${theirs})();`;
            })
          : [`const ${whole} = /* @__PURE__ */ (() => ${taken(from)})();`];
      return parts.join(' ') + lines;
    },
  );
}

/** Types are left out: nothing of them is left at run time. */
export function splitNames(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));
}

const required = 'builtin-required';
const imported = 'builtin-imported';

function taken(path: string): string {
  // a module may have a `process` of its own
  return `globalThis.process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`;
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
