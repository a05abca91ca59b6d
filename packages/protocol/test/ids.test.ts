import fc from 'fast-check';
import t from 'tap';
import { Value } from 'typebox/value';
import { createUuid7, Uuid7 } from '../src/index.ts';

t.test('every id is a UUIDv7, and a later one sorts behind', (t) => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(time, time, random, random, (one, other, a, b) => {
      const [first, second] = [createUuid7(one, a), createUuid7(other, b)];
      return (
        Value.Check(Uuid7, first) &&
        (one === other || one < other === first < second)
      );
    }),
  );
  t.end();
});

t.test('the time and the bytes stand where RFC 9562 puts them', (t) => {
  const bytes = Uint8Array.from({ length: 10 }, () => 0xff);
  // the example of RFC 9562, appendix A.6, has this time
  t.equal(
    createUuid7(0x017f22e279b0, bytes),
    '017f22e2-79b0-7fff-bfff-ffffffffffff',
  );
  t.equal(
    createUuid7(0, new Uint8Array(10)),
    '00000000-0000-7000-8000-000000000000',
  );
  t.end();
});
