import t from 'tap';
import {
  locatePuppet,
  mergePuppetPrint,
  parsePuppetConfigPrint,
  puppetPrintKeys,
} from '../src/index.ts';

const places = locatePuppet({
  files: { readText: () => undefined },
  env: { isRoot: true, hostname: 'a' },
});
const record = parsePuppetConfigPrint(
  'Warning: something = odd here\ncertname = web1.example.com\r\nhostcert = /s/c.pem\npublicdir = \nagent_disabled_lockfile = /s/state/d.lock\nserver = a = b\n',
);
t.strictSame(record, {
  certname: 'web1.example.com',
  hostcert: '/s/c.pem',
  publicdir: '',
  agent_disabled_lockfile: '/s/state/d.lock',
  server: 'a = b',
});
t.strictSame(mergePuppetPrint(places, record), {
  ...places,
  certname: 'web1.example.com',
  tls: { ...places.tls, cert: '/s/c.pem' },
  disabledLock: '/s/state/d.lock',
  server: 'a = b',
});
t.strictSame(mergePuppetPrint(places, {}), places);
const all = mergePuppetPrint(
  places,
  Object.fromEntries(puppetPrintKeys.map((key) => [key, `/new/${key}`])),
);
const values = [...Object.values(all), ...Object.values(all.tls)].filter(
  (value) => typeof value === 'string' && value !== 'aio',
);
t.equal(
  values.filter((value: unknown) => String(value).startsWith('/new/')).length,
  puppetPrintKeys.length,
);
