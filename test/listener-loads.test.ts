import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t from 'tap';

const root = fileURLToPath(new URL('..', import.meta.url));
const listen = 'packages/agent/src/commands/listen.ts';

/**
 * What the listener is to have nothing of: it starts no program, keeps no journal and reads no command line. Each would be loaded
 * by one line of import anywhere below it.
 * @see docs/decisions/0012-memory.md
 */
const unwanted = ['execa', 'node:child_process', 'node:sqlite', 'yargs'];

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [listen],
  bundle: true,
  packages: 'external',
  // the packages of this repository are looked into
  alias: Object.fromEntries(
    ['protocol', 'mtls', 'settings'].map((name) => [
      `@kickd/${name}`,
      `${root}packages/${name}/src/index.ts`,
    ]),
  ),
  platform: 'node',
  format: 'esm',
  splitting: true,
  outdir: 'unwritten',
  write: false,
  metafile: true,
});

/** module of others → the first file found that loads it with the listener */
const loaded = new Map<string, string>();
const seen = new Set<string>();
const walk = (file: string): void => {
  if (seen.has(file)) return;
  seen.add(file);
  for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
    if (kind !== 'import-statement') continue;
    if (external !== true) walk(path);
    else if (!loaded.has(path)) loaded.set(path, file);
  }
};
walk(listen);

for (const name of unwanted) {
  t.equal(loaded.get(name), undefined, `${name} is not loaded`);
}
t.ok(loaded.has('fastify') && loaded.has('typebox'), 'the way was found');
