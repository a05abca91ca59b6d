/** JSON in plain ASCII: JSON alone lets C1 controls, bidi marks and U+2028 through to a terminal. */
export function toAsciiJson(json: string): string {
  return json.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
