import { cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildResult } from 'esbuild';
import { builtinModules } from './build/builtin-modules.ts';
import { launcherText } from './build/launcher.ts';
import { leanFastify } from './build/lean-fastify.ts';
import { leanRe2js } from './build/lean-re2js.ts';
import { leanUndici } from './build/lean-undici.ts';
import { leanYargs } from './build/lean-yargs.ts';
import { ingredientsOf } from './build/made-of.ts';
import { pastTheFace } from './build/past-the-face.ts';
import { sizeTable } from './build/size-table.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** What is shipped: the command and the file that it starts with. */
const programs = {
  kickd: './packages/agent/src/main.ts',
  kicker: './packages/kicker/src/main.ts',
} as const;

/**
 * `npm run build`: dist/kickd.mjs and dist/kicker.mjs, their lazily loaded parts in dist/chunks, a
 * launcher for each in dist/bin. Nothing in dist needs node_modules but the Node itself.
 * @see docs/decisions/0005-build.md
 */
rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'bin'), { recursive: true });
const results: Record<string, BuildResult<{ metafile: true }>> = {};
for (const [program, main] of Object.entries(programs)) {
  const result = await bundle(program, main);
  results[program] = result;
  writeFileSync(
    join(dist, `${program}.made-of.json`),
    JSON.stringify(ingredientsOf(result.metafile, root)),
  );
  writeFileSync(join(dist, 'bin', program), launcherText(program), {
    mode: 0o755,
  });
}
// what Ansible's Python and Puppet's Ruby load, not Node
for (const [folder, wanted] of [
  ['ansible', /\.py$/],
  ['puppet', /\.rb$/],
] as const) {
  const from = join(root, 'packages/agent', folder);
  cpSync(from, join(dist, folder), {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || wanted.test(path),
  });
}
process.stdout.write(sizeTable(results));

function bundle(
  program: string,
  main: string,
): Promise<BuildResult<{ metafile: true }>> {
  return build({
    absWorkingDir: root,
    stdin: {
      contents: entry(main),
      resolveDir: root,
      sourcefile: `${program}-entry.ts`,
      loader: 'ts',
    },
    outdir: dist,
    entryNames: program,
    chunkNames: `chunks/${program}-[name]-[hash]`,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Names stay: a stack trace in a log is read by people.
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: false,
    treeShaking: true,
    legalComments: 'linked',
    plugins: [
      leanFastify,
      leanRe2js,

      leanUndici,
      leanYargs,
      builtinModules,
      pastTheFace,
    ],
    metafile: true,
    logLevel: 'warning',
  });
}

/**
 * A file that is compiled before the compile cache is on is never cached, so the entry holds nothing
 * else. The cache stands beside the code, where only those can write who can change the code as well:
 * Node's default, a well-known name in /tmp, is anybody's to create, and kickd is root.
 */
function entry(main: string): string {
  return `import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
enableCompileCache({ directory: join(import.meta.dirname, 'cache'), portable: true });
await import('${main}');
`;
}
