import type { State } from '../../events/event.ts';

/** How the labels of alerts are read. */
export interface AlertLabels {
  /** the one label that names the host; no other takes its place */
  hostLabel: string;
  /** names the service; an alert without it is about the service of its alertname */
  serviceLabel: string;
  severityLabel: string;
  /** what a severity means; an alert with another one is refused */
  severities: Readonly<
    Record<string, Extract<State, 'WARNING' | 'CRITICAL' | 'UNKNOWN'>>
  >;
}
