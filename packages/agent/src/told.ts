import type { FaultFacts, Healed, Outcome } from '@kickd/protocol';

/** Everything that kickd tells: the JSON log prints it as it is, the terminal in words. */
export type Told =
  | {
      event: 'listening';
      address: string;
      port: number;
      certname: string;
      cm: string;
      aclFile: string;
      rules: number;
    }
  | { event: 'warning'; fault: FaultFacts }
  | {
      event: 'handshake-accepted';
      ip: string;
      certname: string;
      serial: string;
    }
  | {
      event: 'handshake-refused';
      ip: string;
      code: string;
      message: string;
      remedy: string;
      certname?: string;
      serial?: string;
      fingerprint?: string;
      issuer?: string;
      notBefore?: string;
      notAfter?: string;
    }
  | { event: 'handshake-failed'; ip: string; code: string; message: string }
  | {
      /** before TLS; a source is told once a minute, with how many it were */
      event: 'connection-refused';
      ip: string;
      code: string;
      message: string;
      remedy: string;
      count: number;
    }
  | {
      event: 'request';
      ip: string;
      certname: string;
      serial: string;
      fingerprint: string;
      method: string;
      path: string;
      status: number;
      decision: 'allow' | 'deny' | 'none';
      reason?: string;
      rule?: string;
      file?: string;
      line?: number;
      /** the code of the refusal */
      code?: string;
      kick?: string;
      run?: string;
      durationMs: number;
    }
  /** what came over the runner's socket is not a request of the listener's */
  | { event: 'record-refused'; fault: string }
  | { event: 'runner-ready'; cm: string }
  /** nothing is left to do: the next request starts another */
  | { event: 'runner-leaves'; afterSeconds: number }
  /** nobody was connected: the next connection starts another */
  | { event: 'listener-leaves'; afterSeconds: number }
  | {
      event: 'run-accepted';
      run: string;
      kick: string;
      by: string;
      how: string;
    }
  | {
      event: 'probe-asked';
      run: string;
      service: string;
      when: 'before' | 'after';
    }
  /** whatever is not green lets the run go ahead; stopped: nobody wanted the answer any more */
  | {
      event: 'probe-answered';
      run: string;
      service: string;
      when: 'before' | 'after';
      answer: 'green' | 'not-green' | 'timed-out' | 'not-started' | 'stopped';
      exitCode?: number;
      text: string;
      durationMs: number;
    }
  | { event: 'run-started'; run: string; cm: string; command: string[] }
  /** there is a standby in the profile and the run is started cold */
  | { event: 'standby-unused'; run: string; why: string }
  /** to a standby: from here on its process is the run's */
  | { event: 'run-handed-over'; run: string; cm: string; pid: number }
  /** the first step has ended and has put something back; the run goes on */
  | { event: 'run-healed'; run: string; healed: Healed }
  | { event: 'run-adopted'; run: string; pid: number }
  | { event: 'run-stopping'; run: string; code: string; signal: string }
  | { event: 'run-ended'; run: string; durationMs?: number; outcome: Outcome }
  | { event: 'reloaded'; what: 'certificates' | 'acl'; detail: string }
  | {
      event: 'reload-refused';
      what: 'certificates' | 'acl';
      faults: FaultFacts[];
    }
  | { event: 'closing'; signal: string; running?: string };
