import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { splitNames, takeBuiltins } from './builtin-modules.ts';

/**
 * Lets each import of a house package reach the file that holds the name, past the package's `index.ts`.
 * esbuild puts all that an index re-exports into one chunk as soon as any command needs it: so
 * `kicker kick` loaded the ASN.1 library that only `kicker check` and `doctor` need, 9 of 108 ms of
 * CPU. The sources keep their one face a package.
 */
export const pastTheFace: Plugin = {
  name: 'past-the-face',
  setup(build) {
    const faces = new Map(
      ['mtls', 'protocol', 'settings'].map((name) => [
        `@kickd/${name}`,
        readFace(join(packages, name, 'src')),
      ]),
    );
    build.onLoad({ filter: /\/packages\/\w+\/src\/.*\.ts$/ }, ({ path }) => ({
      contents: takeBuiltins(rewrite(readFileSync(path, 'utf8'), faces)),
      loader: 'ts',
    }));
    // What cannot be rewritten would work, only slowly: say so instead of losing it unseen.
    build.onEnd(({ metafile }) => {
      const whole = Object.keys(metafile?.inputs ?? {}).filter((file) =>
        file.endsWith('packages/mtls/src/index.ts'),
      );
      return {
        warnings: whole.map((file) => ({ text: `${file} is still imported` })),
      };
    });
  },
};

const packages = join(import.meta.dirname, '..', '..', 'packages');

/** Which file each exported name or constant comes from. */
type Face = ReadonlyMap<string, string>;

function readFace(src: string): Face {
  const text = readFileSync(join(src, 'index.ts'), 'utf8');
  const face = new Map<string, string>();
  const all = text.matchAll(/export \{([^}]*)\} from '\.\/([^']+)';/g);
  for (const [, names = '', file = ''] of all) {
    for (const name of splitNames(names)) face.set(name, join(src, file));
  }
  return face;
}

function rewrite(text: string, faces: ReadonlyMap<string, Face>): string {
  return text.replaceAll(
    /import \{([^}]*)\} from '(@kickd\/\w+)';/g,
    (statement: string, names: string, from: string) => {
      const face = faces.get(from);
      if (face === undefined) return statement;
      // One line for each, and the statement's own lines kept empty, so that line numbers stay.
      const lines = '\n'.repeat(statement.split('\n').length - 1);
      return (
        splitNames(names)
          .map(
            (name) =>
              `import { ${name} } from ${JSON.stringify(face.get(name.split(' as ')[0] ?? '') ?? from)};`,
          )
          .join(' ') + lines
      );
    },
  );
}
