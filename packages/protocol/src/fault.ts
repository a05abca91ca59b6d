/** What a person is told about an error: the stable code, one line, and what to type next. */
export interface FaultFacts {
  /** stable, upper case with underscores; code that branches looks at this, never at text */
  code: string;
  /** one line: what happened, with the value that caused it */
  message: string;
  /** the next thing to type or to read */
  remedy: string;
  /** exit code of a command that ends on this error */
  exitCode: number;
}

/** An error that a user can meet. Each package lists its own in `errors.ts`. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;
  readonly remedy: string;
  readonly exitCode: number;

  constructor(facts: FaultFacts, options?: { cause?: unknown }) {
    super(facts.message, options);
    this.code = facts.code;
    this.remedy = facts.remedy;
    this.exitCode = facts.exitCode;
  }
}
