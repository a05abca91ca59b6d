/** The mappings of shipped.ts by name; apart from them, since a start needs no more. */
export const shippedNames = [
  'grafana',
  'kuma',
  'datadog',
  'cloudevents',
] as const;

export type ShippedName = (typeof shippedNames)[number];
