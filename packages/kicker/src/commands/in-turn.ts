/**
 * Whoever calls while the work is under way waits: it is done once more afterwards, never twice at the same time. So what
 * was asked for last is what stays in force.
 * @param work rejects never
 */
export function inTurn(work: () => Promise<void>): () => Promise<void> {
  let before = Promise.resolve();
  return () => (before = before.then(work));
}
