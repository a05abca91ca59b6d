import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** One package that a built program holds code of. */
export interface Ingredient {
  name: string;
  version: string;
  license: string;
}

/**
 * The packages of others in a built program, by name: those whose code esbuild put into it, and no others.
 * @param root the folder that the metafile's paths begin at
 */
export function ingredientsOf(metafile: Metafile, root: string): Ingredient[] {
  const folders = new Set<string>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      const [folder] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file) ?? [];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  return [...folders]
    .map((folder) => readIngredient(join(root, folder)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param folder of an installed package */
export function readIngredient(folder: string): Ingredient {
  // npm installed it, so it has this shape: https://docs.npmjs.com/cli/configuring-npm/package-json
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Ingredient;
  return { name, version, license };
}
