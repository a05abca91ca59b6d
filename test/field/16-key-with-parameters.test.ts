import { whyNoOpenssl } from '@kickd/testkit';
import t from 'tap';
import {
  judgeKeys,
  makeCurveKeys,
} from './16-key-on-another-curve/judge-keys.ts';
import { createTlsLab } from './tls-lab.ts';

/** Keys with spelt-out parameters passed `kickd check`, and failed in every handshake. */
t.test('every key with its parameters', { skip: whyNoOpenssl() }, async (t) => {
  const lab = createTlsLab(t);
  const keys = makeCurveKeys(t, lab, 'explicit');
  await judgeKeys(t, lab, keys);
});
