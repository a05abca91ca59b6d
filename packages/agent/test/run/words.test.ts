import t from 'tap';
import { bareOutcome } from '../../src/run/outcome.ts';
import { outcomeInWords } from '../../src/run/words.ts';

t.test('an outcome as one line', (t) => {
  t.equal(outcomeInWords(bareOutcome('unchanged')), 'unchanged');
  t.equal(
    outcomeInWords({
      kind: 'partly',
      corrected: [
        { resource: 'Service[apache2]', from: 'stopped', to: 'running' },
        { resource: 'Exec[a]', to: 'run' },
        { resource: 'Exec[b]', from: 'x' },
      ],
      failed: ['Package[x]', 'Package[y]'],
      pending: [{ resource: 'File[/a]', from: 'absent', to: 'file' }],
      code: 'noop',
      reason: 'the host says noop',
      cachedCatalog: true,
    }),
    'partly Service[apache2] (stopped -> running), Exec[a], Exec[b] failed: Package[x], Package[y] pending: File[/a] (absent -> file) (noop) the host says noop [from the cached catalog]',
  );
  t.end();
});

t.test('what the host said of itself after the run', (t) => {
  const unchanged = bareOutcome('unchanged');
  t.equal(
    outcomeInWords({ ...unchanged, verified: true }),
    'unchanged [verified: the probe is green]',
  );
  t.equal(
    outcomeInWords({ ...unchanged, verified: false }),
    'unchanged [not verified: the probe is not green]',
  );
  t.end();
});

t.test('what is empty or false is not said', (t) => {
  const outcome = {
    ...bareOutcome('failed'),
    pending: [],
    cachedCatalog: false,
  };
  t.equal(outcomeInWords(outcome), 'failed');
  t.end();
});
