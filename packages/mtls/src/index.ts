export { explainServerRefused } from './connect-errors.ts';
export { errors } from './errors.ts';
export {
  guardServer,
  peerOf,
  type GuardOptions,
  type PeerAddress,
} from './guard.ts';
export { expiryLevel, expirySeverity } from './expiry.ts';
export {
  isWritableByOthers,
  modeOf,
  whoRuns,
  type Access,
} from './file-access.ts';
export { explainHandshake } from './handshake-errors.ts';
export {
  crlsBackwards,
  inspectMaterial,
  warnAheadMs,
  type CrlNumbers,
  type Inspection,
} from './inspect.ts';
export {
  readMaterial,
  readMaterialSync,
  type Material,
  type TlsFiles,
} from './material.ts';
export {
  clientTlsOptions,
  serverTlsOptions,
  type ClientTlsOptions,
  type MinVersion,
} from './options.ts';
export { peerRemedy, type PeerCode } from './peer-errors.ts';
export { judgePeer, type Peer } from './peer.ts';
export {
  locatePuppet,
  type LocateOptions,
  type PuppetPlaces,
} from './puppet-places.ts';
export {
  mergePuppetPrint,
  parsePuppetConfigPrint,
  puppetPrintKeys,
} from './puppet-print.ts';
export {
  createServerIdentityCheck,
  peerCertnameError,
} from './server-identity.ts';
export {
  watchMaterial,
  type MaterialWatch,
  type Taken,
  type WatchOptions,
} from './watch.ts';
