import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes rules.yaml of a lab that breaks one service again and again, minutes after its repair: what would stop kicker on a
 * real monitor is put out of the way, and each problem has one kick.
 * @param tell a mapping in YAML, of what is told of a kick
 * @param guards more of them, in YAML
 */
export function writeRules(
  dir: string,
  {
    verifySeconds,
    tell,
    guards,
  }: { verifySeconds: number; tell?: string; guards?: string },
): void {
  const more = guards === undefined ? '' : `, ${guards}`;
  writeFileSync(
    join(dir, 'rules.yaml'),
    `rules:
  - name: lab
    match: { host: '*' }
    coolDownSeconds: 0
    verifySeconds: ${String(verifySeconds)}
    attempts: { perProblem: 1, perPeriod: 100 }
    futility: { runs: 10, relapseSeconds: 0 }
${tell === undefined ? '' : `    tell: ${tell}\n`}guards: { hostIntervalSeconds: 0, flapping: { low: 98, high: 99 }${more} }
`,
  );
}
