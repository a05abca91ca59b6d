/** Whatever says when a part of the lab has to be stopped: a test, or a benchmark. The last that was started is stopped first. */
export interface Stopped {
  teardown(stop: () => unknown): unknown;
}
