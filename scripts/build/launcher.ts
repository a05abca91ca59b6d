/**
 * What stands in dist/bin: starts the built program on its own Node, whatever node (or none) is on PATH.
 * As a package the Node lies beside the program, `/usr/lib/kickd/node`; in a checkout in node_modules.
 */
export function launcherText(program: string): string {
  // A daemon stays small, docs/decisions/0012-memory.md; a command that ends at once only wants to be fast.
  const isDaemon = program === 'kickd';
  const arena = isDaemon ? 'export MALLOC_ARENA_MAX=1\n' : '';
  const flags = isDaemon ? '--max-semi-space-size=1 ' : '';
  return `#!/bin/sh
# Starts ${program} on the Node that it was built for, whatever node (or none) is on PATH.
self=$(readlink -f "$0")
dist=\${self%/bin/*}
${arena}for node in "$dist"/node "\${dist%/*}"/node_modules/node-linux-*/bin/node /usr/lib/kickd/node; do
  if [ -f "$node" ] && [ -x "$node" ]; then
    exec "$node" ${flags}--disable-warning=ExperimentalWarning "$dist/${program}.mjs" "$@"
  fi
done
echo "${program}: NODE_MISSING: no Node stands beside $dist; install the package again, or in a checkout run: npm ci" >&2
exit 69
`;
}
