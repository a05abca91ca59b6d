import t from 'tap';
import { defaultRule } from '../../src/decide/default-rules.ts';
import { fitsName, ruleFor } from '../../src/decide/match.ts';
import type { Match } from '../../src/decide/rules.ts';
import { critical } from './situation-of.ts';

const event = { ...critical, labels: { team: 'ops', tier: 'gold' } };
const { service: _service, ...hostEvent } = event;
const isMatched = (
  match: Match,
  of = event,
  groups: readonly string[] = ['web', 'all'],
) => ruleFor(of, groups, [{ ...defaultRule, match }]) !== undefined;

void t.test('each part, and its no', async (t) => {
  const rows: [match: Match, isMatched: boolean][] = [
    [{}, true],
    [{ monitor: ['nagios'] }, true],
    [{ monitor: ['icinga'] }, false],
    [{ host: ['web1'] }, true],
    [{ host: ['web2'] }, false],
    [{ host: ['WEB1'] }, false],
    [{ host: ['web2', 'web*'] }, true],
    [{ service: ['HTTP'] }, true],
    [{ service: ['SSH'] }, false],
    [{ service: ['HTTP*'] }, true],
    [{ hostGroup: ['web'] }, true],
    [{ hostGroup: ['all'] }, true],
    [{ hostGroup: ['db', 'a*'] }, true],
    [{ hostGroup: ['db'] }, false],
    [{ labels: {} }, true],
    [{ labels: { team: ['ops'] } }, true],
    [{ labels: { team: ['dev', 'op?'] } }, true],
    [{ labels: { team: ['dev'] } }, false],
    [{ labels: { place: ['*'] } }, false],
    [{ labels: { team: ['ops'], tier: ['gold'] } }, true],
    [{ labels: { team: ['ops'], tier: ['silver'] } }, false],
    [{ host: ['web1'], service: ['SSH'] }, false],
    [{ host: ['web2'], service: ['HTTP'] }, false],
  ];
  for (const [match, wanted] of rows) {
    t.equal(isMatched(match), wanted, JSON.stringify(match));
  }
  const { labels: _labels, ...bare } = event;
  t.equal(
    ruleFor(bare, [], [{ ...defaultRule, match: { labels: { team: ['*'] } } }]),
    undefined,
  );
  t.equal(isMatched({ hostGroup: ['*'] }, event, []), false, 'in no group');
  t.equal(
    ruleFor(hostEvent, [], [{ ...defaultRule, match: { service: ['?*'] } }]),
    undefined,
  );
});

void t.test('the first that matches', async (t) => {
  const named = (name: string, match: Match) => ({
    ...defaultRule,
    name,
    match,
  });
  const rules = [named('a', { host: ['db*'] }), named('b', {}), named('c', {})];
  t.equal(ruleFor(event, [], rules)?.name, 'b');
  t.equal(ruleFor({ ...event, host: 'db1' }, [], rules)?.name, 'a');
  t.equal(ruleFor(event, [], []), undefined);
});

void t.test('patterns', async (t) => {
  const rows: [pattern: string, name: string, fits: boolean][] = [
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['**', 'abc', true],
    ['?', '', false],
    ['?', 'a', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a*c', 'ac', true],
    ['a*c', 'abcbc', true],
    ['a*c', 'abcb', false],
    ['*b*d', 'abcd', true],
    ['*b*d*', 'acd', false],
    ['web1.', 'web1x', false],
    ['a*', 'ba', false],
    ['*a', 'ab', false],
  ];
  for (const [pattern, name, fits] of rows) {
    t.equal(fitsName(pattern, name), fits, `${pattern} ${name}`);
  }
});
