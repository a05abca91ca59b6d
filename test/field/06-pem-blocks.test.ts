import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { whyNoOpenssl } from '@kickd/testkit';
import t from 'tap';
import { monitor, web } from '../../packages/agent/test/fixture.ts';
import {
  createPrograms,
  createTlsLab,
  writeKickdConfig,
  writeKickerConfig,
} from './tls-lab.ts';

const skip = whyNoOpenssl();

/** PEM files that Puppet and OpenSSL read, and that were called damaged; with a remedy that threw the key away. */
t.test('by both programs', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const { kickd, kicker } = await createPrograms(lab.dir);
  const server = await lab.start({ crl: lab.crl() });
  const own = lab.leaf(web);
  const mine = lab.leaf(monitor);
  const parameters = lab.openssl('ecparam', '-name', 'prime256v1');
  t.match(parameters, /^-----BEGIN EC PARAMETERS-----/);
  const ruler = `${'-'.repeat(29)}\n  our root, renewed in 2026\n${'-'.repeat(29)}\n`;
  const ca = lab.ca.cert;
  const fine: [string, { key?: string; ca?: string }][] = [
    ['EC PARAMETERS before the key', { key: parameters }],
    ['a ruler of hyphens', { ca: ruler + ca }],
    ['END and BEGIN on one line', { ca: ca.trimEnd() + ca }],
  ];
  for (const [what, { key = '', ca: bundle = ca }] of fine) {
    const shared = { ca: bundle, crl: lab.crl() };
    const config = writeKickdConfig(join(lab.dir, 'kickd'), {
      ...own,
      ...shared,
      key: key + own.key,
    });
    const checked = await kickd('check', '--config', config);
    t.match(checked.text, /ok +certificates/, `${what}: ${checked.text}`);
    const ping = await kicker(
      ...['ping', 'web1', '--config'],
      writeKickerConfig(
        join(lab.dir, 'kicker'),
        { ...mine, ...shared, key: key + mine.key },
        server.agent.port,
      ),
    );
    t.equal(ping.exit, 0, `${what}: ${ping.text}`);
  }
  // what openssl cannot read either
  const broken = String(
    createPrivateKey(own.key).export({ type: 'sec1', format: 'pem' }),
  ).replace(/\n.{20}/, '\n');
  const config = writeKickdConfig(join(lab.dir, 'kickd'), {
    ...own,
    ca,
    crl: lab.crl(),
    key: broken,
  });
  const { text } = await kickd('check', '--config', config);
  t.match(text, /TLS_FILE_DAMAGED/);
  t.match(text, /openssl pkey -in .*\/key\.pem -noout; if it prints nothing/);
  const [before = ''] = text.split('only if there is none');
  t.notMatch(before, /clean|rm /, 'nothing is thrown away before');
});
