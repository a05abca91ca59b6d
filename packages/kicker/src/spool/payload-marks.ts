/** What stands in front of a payload in the spool that is not a program's arguments. */
export const payloadMarks = {
  /** then a JSON text, and headers as `name: value` */
  json: '--payload-json',
  /** then `NAME=VALUE` lines */
  environment: '--payload-environment',
} as const;
