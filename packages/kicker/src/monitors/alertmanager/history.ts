import type { ReadingWorld } from '../message-parts.ts';
import type { Payload } from '../payload.ts';
import { itemOfPart, type ToldItem } from '../told-item.ts';
import { joinRanges, type AlertRange } from './alert-runs.ts';
import { fingerprintOf } from './fingerprint.ts';
import { payloadOf } from './news.ts';
import { readAlertmanager } from './read.ts';
import type { AlertLabels } from './settings.ts';
import { parseAlerts } from './snapshot.ts';

/** An item and when it was told. */
export interface TimedItem {
  atMs: number;
  item: ToldItem;
}

/** What the webhooks would have said, by saved ranges of Prometheus: an alert fires at its first point, and is over one step after its last. */
export function itemsOfRanges(
  ranges: readonly AlertRange[],
  labels: AlertLabels,
  world: ReadingWorld,
): TimedItem[] {
  const { runs, endOf } = joinRanges(ranges);
  return inOrder(
    runs.flatMap((run) => {
      const alert = {
        labels: run.labels,
        annotations: {},
        generatorURL: '',
        fingerprint: fingerprintOf(run.labels),
        startsAt: new Date(run.fromMs).toISOString(),
      };
      const told = (
        status: 'firing' | 'resolved',
        atMs: number,
      ): TimedItem => ({
        atMs,
        item: itemOf(payloadOf(alert, status), labels, world),
      });
      const endMs = endOf(run);
      return [
        told('firing', run.fromMs),
        ...(endMs === undefined ? [] : [told('resolved', endMs)]),
      ];
    }),
  );
}

/**
 * What fires now and since when, by a saved answer of Alertmanager (`amtool alert --output=json`, `GET /api/v2/alerts`).
 * @returns undefined: it is no such answer
 */
export function itemsOfAlerts(
  value: unknown,
  labels: AlertLabels,
  world: ReadingWorld,
): TimedItem[] | undefined {
  const alerts = parseAlerts(value);
  if (alerts === undefined || !Array.isArray(value)) return undefined;
  const items = [...alerts.values()].map((alert): TimedItem => {
    const item = itemOf(payloadOf(alert, 'firing'), labels, world);
    const isHeld = alert.silencedBy.length + alert.inhibitedBy.length > 0;
    return {
      atMs: Date.parse(alert.startsAt) || 0,
      item:
        item.kind === 'alert' && isHeld
          ? { ...item, event: { ...item.event, inDowntime: true } }
          : item,
    };
  });
  const unread = value.length - alerts.size;
  return inOrder([
    ...items,
    ...Array.from({ length: unread }, (): TimedItem => ({
      atMs: 0,
      item: { kind: 'broken', why: 'it has no fingerprint, or no startsAt' },
    })),
  ]);
}

function itemOf(
  payload: Payload,
  labels: AlertLabels,
  world: ReadingWorld,
): ToldItem {
  return itemOfPart(readAlertmanager(payload, labels, world)[0]);
}

/** What is over comes first: the next episode may begin at the same point. */
function inOrder(items: readonly TimedItem[]): TimedItem[] {
  const isEnd = ({ item }: TimedItem): number =>
    item.kind === 'alert' && item.event.state === 'OK' ? 0 : 1;
  return items.toSorted(
    (one, other) => one.atMs - other.atMs || isEnd(one) - isEnd(other),
  );
}
