/**
 * Every limit of the listener, in one place. A stranger holds a slot for seconds at most, one source
 * holds a part of the slots, and whoever only fails is slowed down.
 * What a refused certificate may cost stands beside its answer, in `guard.ts` of @kickd/mtls.
 */
export const listenerLimits = {
  handshakeTimeoutMs: 3000,
  headersTimeoutMs: 2000,
  requestTimeoutMs: 3000,
  /** silence on a socket; whoever waits for the runner or for the end of a run has that time besides */
  idleTimeoutMs: 5000,
  /** for an answer of the runner, which may have to be started first and to ask Puppet for its places then */
  runnerAnswerMs: 30 * 1000,
  /** a reader of a log that takes nothing of what is ready for it */
  stalledReaderMs: 30 * 1000,
  /** logs that are read at the same time: each holds a connection here and one of the runner for as long as its run */
  logReadersMax: 32,
  /** Node looks for late heads and bodies only this often; its default is 30 s */
  checkIntervalMs: 500,
  /** how long a listener that ends still serves whom it has let in */
  closeGraceMs: 3000,
  headMaxBytes: 8 * 1024,
  headersMax: 100,
  /** of all sources together; whoever comes then pushes out the oldest that proved nothing yet */
  connectionsMax: 256,
  /** Node's own cap, for the moment in which pushed out sockets are still being closed */
  connectionsHardMax: 2048,
  source: {
    /** connections that may come at once after a pause */
    burst: 200,
    /** connections that a failed handshake counts as: ten a second go on for ever, no more */
    failureCost: 10,
    /** connections that a source may owe: it is heard again after seconds, not hours */
    debtMax: 1000,
    /** sources that are remembered; the memory of one is some 200 bytes */
    rememberedMax: 10_000,
  },
  /** how often it is told how many connections of a source were turned away */
  turnedAwayTellMs: 60 * 1000,
} as const;
