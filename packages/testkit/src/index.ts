export { createFakeClock, type FakeClock } from './fake-clock.ts';
// oxlint-disable-next-line no-restricted-imports -- the testkit itself is never shipped
export {
  createPki,
  type IssueOptions,
  type Leaf,
  type Pki,
} from '@kickd/certs-dev';
export { writeSsl, type SslTexts } from './ssl-files.ts';
export { createFakeCm, type FakeCm } from './fake-cm.ts';
export {
  createFakeStandby,
  healReportOf,
  startedStatus,
  type FakeStandby,
  type FakeStandbyPlan,
} from './fake-standby.ts';
export { whyNoOpenssl } from './openssl.ts';
export { rawRequest, type RawReply } from './raw-request.ts';
export { createRandom, type Random } from './random.ts';
