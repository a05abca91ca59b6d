/**
 * The patterns of names and times on the wire, each for a whole text. They stand apart from the schemas
 * that are made of them: to load those takes longer than a one-shot kicker has.
 */
export const patterns = {
  certname: '^[a-z0-9][a-z0-9._-]{0,252}$',
  environment: '^[A-Za-z0-9_]{1,64}$',
  instant:
    '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{3})?Z$',
  label: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{1,200}$',
  profileName: '^[a-z0-9][a-z0-9-]{0,63}$',
  tag: '^[a-z0-9_][a-z0-9_:.-]{0,127}$',
  uuid7:
    '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
} as const;
