import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { oneLine, printable } from '@kickd/protocol';
import { execaSync } from 'execa';
import t from 'tap';
import { PuppetReportReader } from '../../packages/agent/src/cm/puppet-report.ts';

interface Change {
  resource: string;
  property: string;
  from: string;
  to: string;
  corrective: boolean;
}

/** A report as Ruby wrote it, in base64, and what it holds. */
interface Written {
  yaml: string;
  version: string;
  corrected: Change[];
  pending: Change[];
  failed: string[];
  error: string | null;
}

const ruby = '/usr/bin/ruby';
const skip = existsSync(ruby) ? false : `there is no ${ruby}`;
const seed = Date.now() % 1_000_000;

const named = (changes: readonly Change[]): unknown[] =>
  changes.map(({ resource, property, from, to, corrective }) => ({
    resource: printable(resource, 200),
    property,
    ...(property === 'ensure' && {
      from: printable(from, 64),
      to: printable(to, 64),
    }),
    corrective,
  }));

t.test(
  `what Ruby writes is what is read, seed ${String(seed)}`,
  { skip },
  (t) => {
    const script = join(import.meta.dirname, 'lab/psych-reports.rb');
    const { stdout } = execaSync(ruby, [script, String(seed), '2000'], {
      maxBuffer: 256 * 1024 * 1024,
    });
    const all = JSON.parse(stdout) as Written[];
    t.equal(all.length, 2000);
    for (const written of all) {
      const bytes = Buffer.from(written.yaml, 'base64');
      const most = 1 + (bytes.length % 300);
      const reader = new PuppetReportReader();
      for (let at = 0; at < bytes.length; at += most) {
        reader.take(bytes.subarray(at, at + most));
      }
      const read = reader.end();
      const wanted = {
        kind: 'report',
        report: {
          status: 'changed',
          completed: true,
          noop: false,
          noopPending: false,
          cachedCatalog: false,
          corrected: named(written.corrected),
          pending: named(written.pending),
          failed: written.failed.map((name) => printable(name, 200)),
          jobId: 'j',
          configVersion: printable(written.version, 64),
          ...(written.error !== null && { firstError: oneLine(written.error) }),
        },
      };
      // a subtest for each would take longer than the reading
      if (isDeepStrictEqual(read, wanted)) continue;
      t.same(read, wanted, bytes.toString());
      break;
    }
    t.end();
  },
);
