import { defaultRulesFile, type Config } from '../config/config.ts';
import { defaultRuleSet } from '../decide/default-rules.ts';
import type { RuleSet } from '../decide/rules.ts';
import { Faults, errors } from '../errors.ts';
import { parseKept, usualCache, type Env } from './parse-kept.ts';
import { readSettingsFile } from './settings-file.ts';

/**
 * The rules: the file that the configuration names, or else the usual place, where a missing file means
 * the built-in rule with every guard.
 * @param cache where the checked rules are kept; undefined: nowhere
 * @throws {Faults} RULES_MISSING, RULES_UNREADABLE, or every mistake in it
 */
export async function loadRules(
  config: Pick<Config, 'rules'>,
  env: Env,
  cache: string | undefined = usualCache(env, 'rules'),
): Promise<RuleSet> {
  const file = config.rules ?? defaultRulesFile;
  const text = readSettingsFile(file, config.rules === undefined, {
    missing: errors.rulesMissing,
    unreadable: errors.rulesUnreadable,
  });
  if (text === undefined) return defaultRuleSet;
  return parseKept(text, file, cache, async () => {
    const { parseRules } = await import('../config/rules-parse.ts');
    const parsed = parseRules(text, file);
    if (parsed.kind === 'faults') throw new Faults(parsed.faults);
    return parsed.rules;
  });
}
