import t from 'tap';
import { parseEnd, parseUnit } from '../../src/io/unit-state.ts';

// Recorded from systemd 252 (Debian 12): systemctl show --property=LoadState,ActiveState,…
const shown = (values: string): string => {
  const [load, active, pid, code, status] = values.split(' ');
  return `MainPID=${pid}\nExecMainCode=${code}\nExecMainStatus=${status}\nLoadState=${load}\nActiveState=${active}\n`;
};

t.test('what systemctl show tells of the unit of a run', (t) => {
  const cases = [
    ['it runs', 'loaded active 96 0 0', { isActive: true, mainPid: 96 }],
    [
      'its end is being written down',
      'loaded deactivating 0 1 3',
      { isActive: true, end: { exitCode: 3 } },
    ],
    [
      'ended with 0, a daemon of it is still there',
      'loaded inactive 0 1 0',
      { isActive: false, end: { exitCode: 0 } },
    ],
    [
      'ended with 3, a daemon of it is still there',
      'loaded failed 0 1 3',
      { isActive: false, end: { exitCode: 3 } },
    ],
    [
      'killed by 9',
      'loaded failed 0 2 9',
      { isActive: false, end: { signal: 'SIGKILL' } },
    ],
    [
      'core dumped by 6',
      'loaded failed 0 3 6',
      { isActive: false, end: { signal: 'SIGABRT' } },
    ],
  ] as const;
  for (const [name, values, wanted] of cases) {
    t.same(parseUnit(shown(values)), { isLoaded: true, ...wanted }, name);
  }
  const gone = { isLoaded: false, isActive: false };
  t.same(parseUnit(shown('not-found inactive 0 0 0')), gone, 'forgotten');
  t.same(parseUnit(''), gone, 'systemd does not answer');
  t.end();
});

t.test('the end as systemd writes it down', (t) => {
  const cases = [
    ['exited:0', { exitCode: 0 }],
    ['exited:203', { exitCode: 203 }],
    ['killed:TERM', { signal: 'SIGTERM' }],
    ['killed:RTMIN+1', { signal: 'SIGRTMIN+1' }],
    ['dumped:ABRT', { signal: 'SIGABRT' }],
    // recorded after a daemon-reload in the middle of the run
    [String.raw`\exited:\3`, { exitCode: 3 }],
    [String.raw`\killed:\TERM`, { signal: 'SIGTERM' }],
    [':', {}],
    ['', {}],
    ['exited:', {}],
    ['exited:-1', {}],
    ['killed:', {}],
    ['left:0', {}],
  ] as const;
  for (const [text, wanted] of cases) {
    t.same(parseEnd(text), wanted, JSON.stringify(text));
  }
  t.end();
});
