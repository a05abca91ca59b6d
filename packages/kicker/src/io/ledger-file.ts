/** The one place of the ledger, where kicker.yaml names no other: whoever types a command, it is about this one. */
const usualFile = '/var/lib/kicker/ledger.sqlite';

export function locateLedger(configured: string | undefined): string {
  return configured ?? usualFile;
}
