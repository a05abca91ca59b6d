import type {
  Journal,
  Launcher,
  Standbys,
} from '../../packages/agent/src/ports.ts';

/** What happens at the n-th call of a port. */
export interface FusePlan {
  /** 1 is the first; 0: nothing ever happens */
  at: number;
  /** the call is not made, or it is made and its answer is lost */
  when: 'before' | 'after';
  /** everything ends there, or the call throws and the next ones work again */
  what: 'death' | 'error';
  /** so many calls throw, one after the other */
  times?: number;
  /** only the calls of this port count */
  only?: 'journal' | 'launcher' | 'standbys';
}

/** Counts the calls of the ports of one life, and ends it at one of them. */
export interface Fuse {
  journal(journal: Journal): Journal;
  launcher(launcher: Launcher): Launcher;
  /** and what each of them is told */
  standbys(standbys: Standbys): Standbys;
  readonly isBlown: boolean;
  readonly isDead: boolean;
  /** the call at which it happened */
  readonly blownAt: string;
  /** Nothing of this life has any effect from now on. */
  die(): void;
}

export function createFuse(plan: FusePlan): Fuse {
  let calls = 0;
  let isDead = false;
  let blownAt = '';
  const step = <Result>(name: string, call: () => Result): Result => {
    if (isDead) throw new Error(`dead at ${name}`);
    calls += 1;
    const isHit =
      plan.at > 0 && calls >= plan.at && calls < plan.at + (plan.times ?? 1);
    if (!isHit) return call();
    blownAt ||= `${String(calls)} ${plan.when} ${name}`;
    try {
      if (plan.when === 'after') call();
    } finally {
      if (plan.what === 'death') isDead = true;
    }
    throw new Error(`${plan.what} ${plan.when} ${name}`);
  };
  const wrap = <Port extends object>(
    port: Port,
    kind: NonNullable<FusePlan['only']>,
  ): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        // closing belongs to the test, a boot id is no step, and loading ahead is for later runs
        if (name === 'close' || name === 'bootId' || name === 'keep') {
          return member.bind(target);
        }
        if (plan.only !== undefined && plan.only !== kind) {
          return member.bind(target);
        }
        return (...args: unknown[]): unknown =>
          step(`${kind}.${String(name)}`, () =>
            Reflect.apply(member, target, args),
          );
      },
    });
  return {
    journal: (journal) => wrap(journal, 'journal'),
    launcher: (launcher) => wrap(launcher, 'launcher'),
    standbys: (standbys) => ({
      ...wrap(standbys, 'standbys'),
      ask: async (plan) => {
        const asked = await step('standbys.ask', () => standbys.ask(plan));
        return asked.kind === 'ready'
          ? { kind: 'ready', standby: wrap(asked.standby, 'standbys') }
          : asked;
      },
    }),
    get isBlown() {
      return blownAt !== '';
    },
    get isDead() {
      return isDead;
    },
    get blownAt() {
      return blownAt;
    },
    die: () => {
      isDead = true;
    },
  };
}
