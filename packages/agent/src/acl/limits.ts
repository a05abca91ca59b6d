/**
 * Bounds on a file of rules. A hundred thousand hosts by name fit; within them a file loads in about a second and decides in
 * milliseconds; a file beyond them is a mistake or an attack.
 */
export const aclLimits = {
  fileMaxBytes: 4 * 1024 * 1024,
  lineMaxChars: 16 * 1024,
  stanzasMax: 200_000,
  /** allow, deny, allow_ip and deny_ip entries of the whole file */
  entriesMax: 200_000,
  /** each is tried in turn and keeps a compiled program in memory */
  regexesMax: 1000,
  regexMaxChars: 1000,
  /** a request that names no environment is judged in each of them */
  environmentsMax: 64,
  /** longest name that a certificate of Puppet's CA carries */
  certnameMaxChars: 253,
  /** mistakes, or warnings, reported at once */
  faultsMax: 200,
  /** a longer path line names nothing that kickd serves */
  pathMaxChars: 1024,
} as const;
