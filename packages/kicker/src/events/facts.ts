/** What is known beyond the event: from macros, from the monitor's status data, from the configuration. */
export interface Facts {
  /**
   * The host's one name, whatever the monitors call it: two monitors that see one host see one problem.
   * Absent where no target was found: then nothing can be kicked.
   */
  certname?: string;
  /** the host's groups, for matching and for the share that is unhealthy */
  groups: readonly GroupFacts[];
  /** why there is no target, with its fix; only where there is no certname */
  targetFault?: string;
  /** what came with the event and could not be used, in words */
  remarks?: readonly string[];
  /** why the monitor itself is not to be believed now (its status data are old, its own link is down) */
  monitorTrouble?: string;
}

export interface GroupFacts {
  name: string;
  /** how many hosts the group has; absent: the monitor did not say */
  members?: number;
  /** hosts of the group with trouble that nobody has taken on, as the monitor counts them */
  unhealthy?: number;
}
