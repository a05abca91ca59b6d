import type { AddressEntries } from './address-entries.ts';
import type { NameEntries } from './name-entries.ts';
import type { PathPattern } from './paths.ts';
import type { AclMethod } from './request.ts';

/** A file of rules, read without a mistake. Made by `parseAcl`, never changed. */
export interface Acl {
  file: string;
  /** in the order of the file */
  stanzas: readonly Stanza[];
  /** every environment that an `environment` line names */
  environments: readonly string[];
  /** how many allow, allow_ip, deny and deny_ip entries there are */
  entries: number;
}

/** From one `path` line to the next. */
export interface Stanza {
  /** as written, e.g. `path /run` */
  text: string;
  line: number;
  path: PathPattern;
  /** empty: every method */
  methods: AclMethod[];
  /** empty: every environment */
  environments: string[];
  /** undefined: no such entry; a file may have a hundred thousand stanzas, most with one kind */
  names?: NameEntries;
  addresses?: AddressEntries;
}
