import type { Metafile } from 'esbuild';

const largest = 6;

/** One table: every program's size, its chunks, and what makes it as large as it is. */
export function sizeTable(
  results: Readonly<Record<string, { metafile: Metafile }>>,
): string {
  const rows = [['program', 'part', 'KB']];
  for (const [program, { metafile }] of Object.entries(results)) {
    const code = Object.entries(metafile.outputs).filter(([file]) =>
      file.endsWith('.mjs'),
    );
    const bytes = code.reduce((sum, [, output]) => sum + output.bytes, 0);
    rows.push([program, `whole, ${String(code.length)} files`, kilo(bytes)]);
    for (const [name, size] of bytesByOrigin(code.map(([, output]) => output)))
      rows.push(['', name, kilo(size)]);
  }
  const widths = [0, 1].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map(
      ([program = '', part = '', size = '']) =>
        `${program.padEnd(widths[0] ?? 0)}  ${part.padEnd(widths[1] ?? 0)}  ${size.padStart(6)}\n`,
    )
    .join('');
}

function bytesByOrigin(
  outputs: readonly Metafile['outputs'][string][],
): [name: string, bytes: number][] {
  const sums = new Map<string, number>();
  for (const { inputs } of outputs) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const name = originOf(file);
      sums.set(name, (sums.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...sums].toSorted(([, a], [, b]) => b - a).slice(0, largest);
}

/** `node_modules/@peculiar/asn1-x509/build/…` → `@peculiar/asn1-x509`, `packages/agent/…` → `packages/agent`. */
function originOf(file: string): string {
  const [, dependency] =
    /.*node_modules\/(@[^/]+\/[^/]+|[^/]+)\//.exec(file) ?? [];
  return dependency ?? file.split('/').slice(0, 2).join('/');
}

function kilo(bytes: number): string {
  return (bytes / 1000).toFixed(0);
}
