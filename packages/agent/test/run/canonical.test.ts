import type { Kick } from '@kickd/protocol';
import t from 'tap';
import { canonicalKick } from '../../src/run/canonical.ts';

const kick: Kick = {
  kick: '0193a000-0000-7000-8000-000000000001',
  certname: 'web1.example.com',
};

t.test('the order of keys does not matter, at any depth', (t) => {
  const because = { host: 'web1', service: 'HTTP', attempt: 3 };
  const text = canonicalKick({ ...kick, noop: true, because });
  t.equal(
    text,
    '{"because":{"attempt":3,"host":"web1","service":"HTTP"},"certname":"web1.example.com","kick":"0193a000-0000-7000-8000-000000000001","noop":true}',
  );
  const turned = {
    because: { attempt: 3, service: 'HTTP', host: 'web1' },
    noop: true,
    certname: kick.certname,
    kick: kick.kick,
  };
  t.equal(canonicalKick(turned), text);
  t.end();
});

t.test('the order of a list does', (t) => {
  const text = canonicalKick({ ...kick, tags: ['b', 'a'] });
  t.match(text, '"tags":["b","a"]');
  t.not(text, canonicalKick({ ...kick, tags: ['a', 'b'] }));
  t.end();
});

t.test('nothing and null stay what they are', (t) => {
  const odd = { ...kick, because: null, tags: [] } as unknown as Kick;
  t.match(canonicalKick(odd), '{"because":null,');
  t.match(canonicalKick(odd), '"tags":[]');
  t.end();
});
