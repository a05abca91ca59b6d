import {
  explainPayload,
  type PayloadRecord,
} from '../../src/commands/explain-payload.ts';
import { flawsOfKick } from '../kicks/expect-kick.ts';
import { defaultConfig, type Config } from '../../src/config/config.ts';

/** What `kicker explain --payload` makes of a file, or of a text where the file is `-`. */
export async function explain(
  monitor: string,
  file: string,
  { text = '', hosts = {} }: { text?: string; hosts?: Config['hosts'] } = {},
): Promise<PayloadRecord> {
  const found = await explainPayload(
    monitor,
    file,
    { ...defaultConfig(), hosts },
    {
      clock: {
        now: () => new Date('2026-11-26T18:00:00Z'),
        monotonicMs: () => 0,
        moment: () => ({ wallMs: 0, boot: '', monotonicMs: 0 }),
      },
      pause: () => Promise.resolve(),
      readStdin: () => Promise.resolve(text),
    },
  );
  for (const event of found.events) {
    const flaws = flawsOfKick(event);
    // Whatever a monitor says, the host takes the kick that it comes to.
    if (flaws.length > 0) throw new Error(JSON.stringify({ event, flaws }));
  }
  return found;
}
