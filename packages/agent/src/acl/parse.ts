import type { Acl, Stanza } from './acl.ts';
import { aclFaults, type AclFault } from './faults.ts';
import { aclLimits } from './limits.ts';
import { isHocon, readLines } from './lines.ts';
import { parsePath } from './paths.ts';
import { applyDirective, type Building } from './stanzas.ts';
import { warnAbout } from './warnings.ts';

export type { Acl };

export type AclParse =
  | { kind: 'acl'; acl: Acl; warnings: AclFault[] }
  | { kind: 'faults'; faults: AclFault[] };

/**
 * Reads the text of an auth.conf. One mistake refuses the whole file, and all of them are told.
 * Never throws, whatever the text; its time is linear in the text's length.
 * @param file only named in messages, never opened
 * @param options.anyCertname whether `allow *` may stand in it
 * @param options.host certname of this host, where it is known: a kick is asked as `/run/HOST`
 */
export function parseAcl(
  text: string,
  file: string,
  options: { anyCertname: boolean; host?: string },
): AclParse {
  const bytes = Buffer.byteLength(text);
  if (bytes > aclLimits.fileMaxBytes) {
    return {
      kind: 'faults',
      faults: [aclFaults.tooLarge({ file, line: 1 }, bytes)],
    };
  }
  if (isHocon(text)) {
    return { kind: 'faults', faults: [aclFaults.hocon({ file, line: 1 })] };
  }
  const building: Building = {
    file,
    anyCertname: options.anyCertname,
    faults: [],
    unserved: [],
    stanzas: [],
    environments: new Set(),
    entries: 0,
    regexes: 0,
    authAnyLines: [],
  };
  readStanzas(text, building);
  const { faults } = building;
  if (faults.length > 0) return { kind: 'faults', faults };
  const { stanzas, entries } = building;
  const environments = [...building.environments];
  const acl: Acl = { file, stanzas, environments, entries };
  return {
    kind: 'acl',
    acl,
    warnings: warnAbout(acl, building, options.host),
  };
}

function readStanzas(text: string, building: Building): void {
  const { file } = building;
  /** undefined before the first path; 'broken' after a path with a mistake, told already */
  let stanza: Stanza | 'broken' | undefined;
  for (const said of readLines(text, file)) {
    const at = { file, line: said.line };
    if (building.faults.length >= aclLimits.faultsMax) {
      building.faults.push(aclFaults.tooManyFaults(at));
      return;
    }
    switch (said.kind) {
      case 'fault':
        building.faults.push(said.fault);
        if (said.isPath) stanza = 'broken';
        break;
      case 'path': {
        if (said.isRegex) building.regexes += 1;
        if (building.regexes > aclLimits.regexesMax) {
          building.faults.push(tooManyRegexes(at));
          return;
        }
        const parsed = parsePath(said.text, said.isRegex, at);
        if (parsed.kind === 'fault') {
          building.faults.push(parsed.fault);
          stanza = 'broken';
          break;
        }
        stanza = {
          text: `path ${parsed.path.text}`,
          line: said.line,
          path: parsed.path,
          methods: [],
          environments: [],
        };
        building.stanzas.push(stanza);
        if (building.stanzas.length > aclLimits.stanzasMax) {
          building.faults.push(
            aclFaults.tooMany(at, 'stanzas', aclLimits.stanzasMax),
          );
          return;
        }
        break;
      }
      case 'directive':
        if (stanza === undefined) {
          building.faults.push(aclFaults.noPath(at, said.keyword));
        } else if (!applyDirective(building, stanza, said)) {
          return;
        }
        break;
    }
  }
}

function tooManyRegexes(at: { file: string; line: number }): AclFault {
  return aclFaults.tooMany(at, 'regexes', aclLimits.regexesMax);
}
