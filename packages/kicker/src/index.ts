export { decide, type Decision, type SkipCode } from './decide/decide.ts';
export { defaultRule, type Rule } from './decide/rule.ts';
export { type Event, problemKey } from './monitors/event.ts';
export { parseNagios, type NagiosMacros } from './monitors/nagios.ts';
