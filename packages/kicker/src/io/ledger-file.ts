import { dirname, join } from 'node:path';

/** The one place of the ledger, where kicker.yaml names no other: whoever types a command, it is about this one. */
const usualFile = '/var/lib/kicker/ledger.sqlite';

export function locateLedger(configured: string | undefined): string {
  return configured ?? usualFile;
}

/** Where event handlers put events: beside the ledger, where kicker.yaml names no other place. */
export function locateSpool({
  ledger,
  spool,
}: {
  ledger?: string;
  spool?: string;
}): string {
  return spool ?? join(dirname(locateLedger(ledger)), 'spool');
}

/** The two places that a running kicker cannot change. */
export function placesOf(config: { ledger?: string; spool?: string }): {
  ledgerFile: string;
  directory: string;
} {
  return {
    ledgerFile: locateLedger(config.ledger),
    directory: locateSpool(config),
  };
}
