import type { Ingredient } from '../build/made-of.ts';
import type { About } from './contents.ts';

/**
 * What a package is made of, as CycloneDX 1.6 JSON: the program, its Node, and each library that esbuild put into it.
 * No time and no random number, so that the same commit gives the same bytes.
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export function createSbom(
  { name, version }: About,
  ingredients: readonly Ingredient[],
): string {
  const component = { type: 'application', name, version };
  const components = ingredients.map((ingredient) => ({
    type: 'library',
    name: ingredient.name,
    version: ingredient.version,
    purl: `pkg:npm/${ingredient.name.replace('@', '%40')}@${ingredient.version}`,
    licenses: [{ license: { id: ingredient.license } }],
  }));
  const sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component },
    components,
  };
  return `${JSON.stringify(sbom, undefined, 2)}\n`;
}
