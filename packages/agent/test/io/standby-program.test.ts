import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findStandbyProgram } from '../../src/io/standby-program.ts';

t.test('the Ruby in the first line of this very Puppet', (t) => {
  const dir = t.testdir({
    ruby: '#!/bin/sh\n',
    puppet: `#!${t.testdirName}/ruby\nrequire 'puppet'\n`,
  });
  for (const name of ['ruby', 'puppet']) chmodSync(join(dir, name), 0o755);
  const found = findStandbyProgram(join(dir, 'puppet'));
  t.equal(found?.ruby, join(dir, 'ruby'));
  t.match(found?.program, /\/puppet\/kickd_standby\.rb$/);
  t.end();
});

t.test('a Puppet that is not there loads nothing ahead', (t) => {
  t.equal(findStandbyProgram('/nonexistent/puppet'), undefined);
  t.end();
});
