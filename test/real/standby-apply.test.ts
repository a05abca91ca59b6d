/**
 * `puppet apply` with a standby: the manifest is compiled ahead, a kick puts the mapped service back from that catalog, and
 * an ordinary `puppet apply` of the same process follows. No server, and nothing of the system is borrowed.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { findTool, startCmHost } from './lab/cm-host.ts';
import { askStandby, readyStandby } from './lab/standby.ts';

const puppet = findTool('/usr/bin/puppet');

await t.test(
  'puppet apply, compiled ahead',
  puppet === undefined ? { skip: 'wants the Debian package puppet-agent' } : {},
  async (t) => {
    // of a short path, as a UNIX socket needs
    const dir = mkdtempSync(join(tmpdir(), 'kickd-apply-'));
    t.teardown(() => rmSync(dir, { recursive: true, force: true }));
    const marker = join(dir, 'marker');
    // a service whose start takes no time at all, however busy the machine is
    const up = join(dir, 'up');
    const crash = (): void => rmSync(up, { force: true });
    const modules = join(dir, 'modules');
    const manifest = join(dir, 'site.pp');
    mkdirSync(modules);
    const write = (content: string): void =>
      writeFileSync(
        manifest,
        `service { 'web':
  ensure   => running,
  provider => 'base',
  start    => '/usr/bin/touch ${up}',
  status   => '/usr/bin/test -e ${up}',
}
file { '${marker}': content => '${content}' }
`,
      );
    write('one');
    const host = await startCmHost(
      dir,
      `{type: puppet-apply, manifest: ${manifest}, modulePath: ${modules}, standby: true, services: {HTTP: ['Service[web]']}}`,
    );
    t.teardown(() => host.close());
    const folder = join(dir, 'state/standby');
    const because = { monitor: 'nagios', host: 'web1', service: 'HTTP' };
    const wasHealedAhead = (run: string): boolean =>
      existsSync(join(dir, 'state/runs', `${run}.heal.yaml`));

    await t.test('heals first, then applies all of it', async (t) => {
      const { resources } = await readyStandby(folder);
      t.strictSame(resources, ['Service[web]']);
      crash();
      const run = await host.kick({ because });
      t.match(run.healed?.corrected, [{ resource: 'Service[web]' }]);
      t.match(run.outcome, { kind: 'corrected', exitCode: 2, matched: true });
      t.strictSame(
        run.outcome?.corrected.map(({ resource }) => resource),
        ['Service[web]', `File[${marker}]`],
      );
      t.ok(existsSync(up));
    });

    await t.test('another manifest makes it stale', async (t) => {
      const { pid } = await readyStandby(folder);
      write('two');
      const answer = await askStandby(folder);
      t.match(answer, { standby: 'stale', because: manifest });
      t.equal((await readyStandby(folder)).pid, pid, 'and it compiles anew');
    });

    await t.test('a module more makes it stale', async (t) => {
      await readyStandby(folder);
      mkdirSync(join(modules, 'more'));
      t.match(await askStandby(folder), {
        standby: 'stale',
        because: modules,
      });
    });

    await t.test('without a service: an ordinary run', async (t) => {
      await readyStandby(folder);
      crash();
      const run = await host.kick();
      t.equal(run.healed, undefined);
      t.notOk(wasHealedAhead(run.run));
      t.match(run.outcome, { kind: 'corrected', exitCode: 2 });
      t.ok(existsSync(up));
    });

    await t.test('a manifest that does not compile', async (t) => {
      await readyStandby(folder);
      writeFileSync(manifest, 'service {');
      crash();
      const run = await host.kick({ because });
      t.equal(run.healed, undefined);
      t.match(run.outcome, { kind: 'failed', code: 'no-report' });
      t.notOk(existsSync(up));
    });
  },
);
