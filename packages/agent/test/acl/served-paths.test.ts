import t from 'tap';
import { parsePath } from '../../src/acl/paths.ts';
import {
  drillPath,
  kickPath,
  mayBeServed,
} from '../../src/acl/served-paths.ts';

const at = { file: 'auth.conf', line: 1 };

function served(text: string, isRegex: boolean): boolean {
  const parsed = parsePath(text, isRegex, at);
  if (parsed.kind === 'fault') throw new Error(parsed.fault.message);
  return mayBeServed(parsed.path);
}

t.test('a kick asks for /run and the host', (t) => {
  t.equal(kickPath('web1.example.com'), '/run/web1.example.com');
  t.equal(drillPath('web1.example.com'), '/drill/web1.example.com');
  t.end();
});

t.test('a literal path that some request may begin with', (t) => {
  for (const text of [
    '/',
    '/r',
    '/run',
    '/run/',
    '/run/web1.example.com/log',
    '/runs',
    '/status',
    '/stat',
    '/metrics',
    '/m',
    '/drill',
    '/d',
    '/drill/',
    '/drill/web1.example.com',
  ]) {
    t.equal(served(text, false), true, text);
  }
  for (const text of [
    '/running',
    '/runs/',
    '/status/a',
    '/metrics/',
    '/catalog',
    '/file',
    '/a/run/',
    '/Run',
    '/drills',
    '/drilling',
  ]) {
    t.equal(served(text, false), false, text);
  }
  t.end();
});

t.test('a regex path by the characters that each match begins with', (t) => {
  const yes = [
    '^/run',
    '^/run$',
    '^/drill/',
    '^/drill$',
    '\\A/run',
    '^/run/([^/]+)$',
    '^/run/web\\.example',
    '^\\/run\\/a',
    '^/',
    '^/.*',
    '^.*',
    '^/(catalog|run)',
    '^/catalog|^/run',
    '^/catalog|^/file',
    '/catalog$',
    'x/catalog$',
    'x~ ^/catalog$',
    '(?i)^/catalog',
    '^/runx*',
    '^/runx?',
    '^/runx{0,1}',
    '^/status[0-9]',
    '^\\w/catalog',
    '^[/]catalog',
  ];
  const no = [
    '^/catalog',
    '^/catalog/([^/]+)$',
    '\\A/file',
    '^/run-x',
    '^/drills',
    '^/run_x',
    '^/run9',
    '^/runA',
    '^/runx+',
    '^/runxy*',
    '^/runx(a)?',
    '^/metricsx[a]*',
    '^/run\\.d',
    '^/run\\-d',
    '^/catalog\\/a',
    '^/status/',
  ];
  for (const text of yes) t.equal(served(text, true), true, text);
  for (const text of no) t.equal(served(text, true), false, text);
  t.end();
});
