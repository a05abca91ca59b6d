/** What the monitor saw after a run; `unknown`: nothing within the window. */
export type Verdict = 'healed' | 'still-broken' | 'unknown';
