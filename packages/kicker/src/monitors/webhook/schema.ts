import { Type } from 'typebox';

/** What kicker.yaml may say of whatever else sends JSON. */
export const webhookKeys = {
  mapping: Type.String({
    pattern: '^(?:/.+|[a-z][a-z0-9]*)$',
    description:
      'a mapping: the absolute path of a file, or grafana, kuma, datadog or cloudevents',
  }),
};

export interface WebhookSettings {
  kind: 'webhook';
  /** the absolute path of a mapping file, or the name of one that kicker brings along */
  mapping: string;
}
