import type { LogItem } from './log-item.ts';

/**
 * A notification that somebody acknowledged a problem, from the text behind `SERVICE NOTIFICATION: `:
 * `CONTACT;HOST;SERVICE;ACKNOWLEDGEMENT (CRITICAL);COMMAND;OUTPUT;AUTHOR;COMMENT`. With log_external_commands=0 nothing
 * else tells of it. It does not say whether it is sticky; every web page has that ticked.
 * @returns undefined for every other notification
 * @see https://github.com/NagiosEnterprises/nagioscore/blob/master/base/notifications.c
 */
export function readNotification(
  isService: boolean,
  text: string,
): LogItem | undefined {
  const at = text.indexOf(';ACKNOWLEDGEMENT (');
  if (at < 0) return undefined;
  const contact = text.indexOf(';');
  const place = text.slice(contact + 1, at);
  const isWhole = isService ? /^[^;]+;./.test(place) : place !== '';
  if (contact === at || !isWhole) return undefined;
  // Nagios writes each `;` of the output as a colon.
  const [, , , author = ''] = text.slice(at + 1).split(';');
  return {
    kind: 'acknowledged',
    place,
    isService,
    by: author === '' ? 'somebody' : author,
    isSticky: true,
    isNotified: true,
  };
}
