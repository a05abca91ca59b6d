import { X509Certificate } from 'node:crypto';
import { createPki } from '@kickd/testkit';
import t from 'tap';
import { certificateFields } from '../src/certificate-fields.ts';
import { bytesOf } from '../src/der.ts';
import { integerOf, sequence, writeElement } from './odd-crl.ts';

const version = writeElement(0xa0, [integerOf(2)]);
const [serial, algorithm, issuer, validity, subject, key] = [
  1, 2, 3, 4, 5, 6,
].map((value) => sequence(integerOf(value)));
const certificateOf = (...fields: (Buffer | undefined)[]): Buffer =>
  sequence(sequence(...fields.map((field) => field ?? Buffer.of())));
const upToValidity = [serial, algorithm, issuer, validity];

t.test('the subject and the key, with a version and without', (t) => {
  for (const head of [[version], []]) {
    const raw = certificateOf(...head, ...upToValidity, subject, key);
    const fields = certificateFields(raw);
    t.strictSame(bytesOf(raw, fields.subject), subject);
    t.strictSame(bytesOf(raw, fields.publicKey), key);
  }
  t.end();
});

t.test('of a real certificate the key as node:crypto has it', (t) => {
  const cert = new X509Certificate(createPki({ tier: 'single' }).ca);
  const raw = Buffer.from(cert.raw);
  t.strictSame(
    bytesOf(raw, certificateFields(raw).publicKey),
    cert.publicKey.export({ type: 'spki', format: 'der' }),
  );
  t.end();
});

t.test('what is no certificate', (t) => {
  const fewFields = 'not the fields of a certificate';
  const other = 'another element of DER expected';
  const cases: [string, Buffer, string][] = [
    ['no fields', certificateOf(), fewFields],
    ['no subject', certificateOf(...upToValidity), fewFields],
    ['no key', certificateOf(...upToValidity, subject), fewFields],
    [
      'a version and no key',
      certificateOf(version, ...upToValidity, subject),
      fewFields,
    ],
    ['no body', sequence(), other],
    ['a body that is a number', sequence(integerOf(1)), other],
    ['a number', integerOf(1), other],
    ['nothing', Buffer.of(), 'DER ends early'],
    [
      'cut',
      certificateOf(...upToValidity, subject, key).subarray(0, -1),
      'DER ends early',
    ],
  ];
  for (const [what, raw, message] of cases)
    t.throws(() => certificateFields(raw), { message }, what);
  t.end();
});
