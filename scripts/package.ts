import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import manifest from '../package.json' with { type: 'json' };
import { execaSync } from 'execa';
import { readIngredient, type Ingredient } from './build/made-of.ts';
import { contentsOf, packages } from './package/contents.ts';
import { buildDeb, debArchitecture } from './package/deb.ts';
import { createSbom } from './package/sbom.ts';
import { stage } from './package/stage.ts';

/**
 * `npm run package [-- --out DIR --revision N]`: kickd_VERSION_ARCH.deb and kicker_VERSION_ARCH.deb, each with its own
 * Node, and beside each what it is made of (CycloneDX). The same commit gives the same bytes. A revision is
 * Debian's: the same version packed anew (VERSION-N).
 * @see docs/decisions/0016-packages.md
 */
const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'dist', 'packages') },
    revision: { type: 'string', default: '' },
  },
});
if (!/^([1-9]\d*)?$/.test(values.revision)) {
  process.stderr.write('package: --revision takes a number from 1\n');
  process.exit(2);
}
const version =
  values.revision === ''
    ? manifest.version
    : `${manifest.version}-${values.revision}`;
const dist = join(root, 'dist');
if (!existsSync(join(dist, 'kickd.mjs'))) {
  process.stderr.write('package: nothing is built; run: npm run build\n');
  process.exit(2);
}

/** Of the commit, so that a file's time says nothing of the machine. @see reproducible-builds.org/specs/source-date-epoch */
const epochSeconds = Number(
  process.env['SOURCE_DATE_EPOCH'] ??
    execaSync('git', ['-C', root, 'log', '-1', '--format=%ct']).stdout,
);

mkdirSync(values.out, { recursive: true });
for (const name of packages) {
  const work = mkdtempSync(join(tmpdir(), 'kickd-package-'));
  try {
    const about = { name, version, epochSeconds };
    const contents = contentsOf(about, root);
    stage(contents, work, epochSeconds);
    const base = join(values.out, `${name}_${version}_${debArchitecture()}`);
    buildDeb(work, `${base}.deb`, epochSeconds);
    writeFileSync(`${base}.cdx.json`, createSbom(about, ingredientsOf(name)));
    process.stdout.write(`${base}.deb\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** As the build wrote it down, and the Node. */
function ingredientsOf(name: string): Ingredient[] {
  const bundled = JSON.parse(
    readFileSync(join(dist, `${name}.made-of.json`), 'utf8'),
  ) as Ingredient[];
  return [readIngredient(join(process.execPath, '..', '..')), ...bundled];
}
