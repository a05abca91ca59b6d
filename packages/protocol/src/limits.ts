/**
 * What kickd keeps of what a tool tells about a run; whoever reads a run of a host keeps no more of it. Characters are
 * counted in UTF-16 units, `...` at the end of a cut text included.
 */
export const outcomeLimits = {
  /** entries of `corrected`, of `pending` and of `failed`; a run that changes more is not a repair */
  resources: 50,
  /** the name of a resource */
  nameChars: 200,
  propertyChars: 64,
  /** `from` and `to` */
  valueChars: 64,
  configVersionChars: 64,
  codeChars: 64,
  /** any line for a person: a reason, a message */
  lineChars: 256,
} as const;

export const runLimits = {
  tags: 32,
  /** kicks that one run serves; those that come after share the next one */
  kicks: 1000,
} as const;
