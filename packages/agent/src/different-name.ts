import type { Inspection } from '@kickd/mtls';
import type { FaultFacts } from '@kickd/protocol';
import type { Settings } from './config/settings.ts';
import { faults } from './errors.ts';

/** Nothing to add where the certificate names nobody: the inspection says so. */
export function differentName(
  { certname }: Pick<Inspection, 'certname'>,
  { certname: wanted }: Pick<Settings, 'certname'>,
): FaultFacts[] {
  return certname === '' || certname === wanted
    ? []
    : [faults.certificateName(certname, wanted)];
}
