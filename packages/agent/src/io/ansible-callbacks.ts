import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** From this file, or from the chunk of the build that holds it. */
const places = ['../../ansible', '../ansible', 'ansible'];

/** The folder that holds kickd's callback of Ansible, beside the program; undefined: it was left out. */
export function findAnsibleCallbacks(): string | undefined {
  return places
    .map((place) => join(import.meta.dirname, place))
    .find((folder) => existsSync(join(folder, 'kickd_report.py')));
}
