import t from 'tap';
import { hostKey, keysOf, serviceKey } from '../../src/events/keys.ts';

const none = { groups: [] };
t.equal(
  hostKey({ host: 'Web1' }, { ...none, certname: 'web1.example.com' }),
  'web1.example.com',
);
t.equal(
  hostKey({ host: 'Web1' }, none),
  'web1',
  'two monitors may write it in two ways',
);
t.equal(serviceKey('web1', 'HTTP'), 'web1\tHTTP');
t.not(
  serviceKey('web1', 'http'),
  serviceKey('web1', 'HTTP'),
  'the case of a service counts',
);
t.strictSame(keysOf({ host: 'WEB1', service: 'HTTP' }, none), {
  host: 'web1',
  service: 'web1\tHTTP',
});
t.strictSame(keysOf({ host: 'WEB1' }, none), {
  host: 'web1',
  service: 'web1\t',
});
