import t from 'tap';
import type { Decision } from '../../src/decide/decision.ts';
import { createTally } from '../../src/rehearse/tally.ts';

const event = {
  monitor: 'nagios',
  host: 'Web1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  inDowntime: false,
} as const;
const skip = (code: 'joined' | 'futile' | 'not-a-problem'): Decision => ({
  kind: 'skip',
  code,
  reasons: [],
});
const kick: Decision = {
  kind: 'kick',
  mode: 'automatic',
  request: {},
  reasons: [],
};

void t.test(
  'one record a service, whatever the case of its host',
  async (t) => {
    const tally = createTally();
    tally.addDecision(event, kick, false);
    tally.addDecision({ ...event, host: 'WEB1' }, skip('joined'), false);
    tally.addDecision(event, skip('futile'), false);
    tally.addDecision(event, skip('not-a-problem'), false);
    tally.addDecision(
      event,
      { kind: 'wait', code: 'cool-down', reasons: [], againAfterMs: 1 },
      false,
    );
    tally.addDecision({ ...event, service: 'http' }, kick, false);
    const sent = { id: 'k', host: 'web1', service: 'HTTP', decision: kick };
    tally.addKick(sent);
    tally.addVerdict(sent, true);
    tally.addVerdict(sent, false);
    t.strictSame(
      [...tally.services.values()],
      [
        {
          host: 'Web1',
          service: 'HTTP',
          alerts: 5,
          kicks: 1,
          joined: 1,
          refused: 1,
          waited: 1,
          healed: 1,
          pages: 0,
        },
        {
          host: 'Web1',
          service: 'http',
          alerts: 1,
          kicks: 0,
          joined: 0,
          refused: 0,
          waited: 0,
          healed: 0,
          pages: 0,
        },
      ],
    );
    t.strictSame(
      [...tally.codes],
      [
        ['joined', 1],
        ['futile', 1],
        ['not-a-problem', 1],
        ['cool-down', 1],
      ],
    );
  },
);

void t.test(
  'pages count, a second look is no alert, a host is no service',
  async (t) => {
    const tally = createTally();
    const escalate = { about: 'storm of web', reason: 'x' };
    const stormy: Decision = { ...skip('futile'), escalate };
    tally.addDecision(event, stormy, true);
    const { service: _service, ...hostEvent } = event;
    tally.addDecision({ ...hostEvent, state: 'DOWN' }, stormy, false);
    t.strictSame([...tally.storms], [['web', 2]]);
    t.match([...tally.services.values()], [{ alerts: 0, pages: 1 }]);
    t.equal(tally.services.size, 1);
    t.equal(tally.codes.size, 0);
  },
);
