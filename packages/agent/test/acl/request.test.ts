import t from 'tap';
import { aclMethods, isAclMethod } from '../../src/acl/request.ts';

t.test('the four words of method, and no other', (t) => {
  t.strictSame(aclMethods, ['find', 'search', 'save', 'destroy']);
  for (const word of aclMethods) t.equal(isAclMethod(word), true, word);
  for (const word of ['head', 'GET', 'POST', 'Save', 'saves', 'all', '']) {
    t.equal(isAclMethod(word), false, word);
  }
  t.end();
});
