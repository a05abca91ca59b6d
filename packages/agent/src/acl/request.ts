/** The four words of `method`: what a request does, not its HTTP verb. */
export const aclMethods = ['find', 'search', 'save', 'destroy'] as const;
export type AclMethod = (typeof aclMethods)[number];

/** Whether a word from outside is a method; `head` and HTTP verbs are none. */
export function isAclMethod(word: string): word is AclMethod {
  return (aclMethods as readonly string[]).includes(word);
}

/** What the rules are asked: who wants to do what, where from. */
export interface AclRequest {
  /** decoded, starts with a slash, without the query */
  path: string;
  method: AclMethod;
  /** from the peer's verified certificate; undefined: the caller showed none */
  certname?: string | undefined;
  /** the peer's address as the socket gives it; `::ffff:10.0.0.5` is read as 10.0.0.5 */
  ip?: string | undefined;
  /** undefined: the request names none, so it must be allowed in every one */
  environment?: string | undefined;
}

/** The answer with its reason. All texts are printable; no caller should see more than `decision`. */
export interface AclDecision {
  decision: 'allow' | 'deny';
  /** the stanza and the entry that decided, e.g. `path /run, allow puppet.example.com` */
  rule?: string;
  file?: string;
  /** of the entry that decided, else of the stanza's `path` */
  line?: number;
  /** why, in words for a person */
  reason: string;
  /** of a deny that an entry spoke: stronger than "whoever made a kick may read its run" */
  isExplicit?: true;
  /** of a deny: what to type or change, where that is known */
  remedy?: string;
}
