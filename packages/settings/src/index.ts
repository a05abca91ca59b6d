export { nearest } from './nearest.ts';
export {
  parseSettings,
  type ParsedSettings,
  type SettingsWords,
} from './parse-settings.ts';
