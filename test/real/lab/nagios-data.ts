/** Nagios's status.dat and object-free facts in it, read with the eyes of a test that shares no code with kicker. */
import { readFileSync } from 'node:fs';
import { statusFile } from './nagios-config.ts';
import { waitFor } from './wait.ts';

/** The fields of one block, as they stand there. */
type Block = Readonly<Record<string, string>>;

/** Every block of a kind: `servicestatus`, `servicecomment`, `servicedowntime`. */
function blocksOf(kind: string): Block[] {
  let text = '';
  try {
    text = readFileSync(statusFile, 'utf8');
  } catch {
    // Nagios puts a new one in its place
  }
  return text
    .split(`\n${kind} {\n`)
    .slice(1)
    .map((part) => part.slice(0, part.indexOf('\n\t}')))
    .map((body) =>
      Object.fromEntries(
        body.split('\n').map((line) => {
          const equals = line.indexOf('=');
          return [line.slice(1, equals), line.slice(equals + 1)] as const;
        }),
      ),
    );
}

const isOf =
  (host: string, service: string) =>
  (block: Block): boolean =>
    block['host_name'] === host && block['service_description'] === service;

function serviceBlock(host: string, service: string): Block | undefined {
  return blocksOf('servicestatus').find(isOf(host, service));
}

/** Oldest first; acknowledgements and downtimes leave comments too. */
export function commentsOf(host: string, service: string): Block[] {
  return blocksOf('servicecomment').filter(isOf(host, service));
}

/** Texts of kicker's own comments, oldest first. */
export function kickerComments(host: string, service: string): string[] {
  return commentsOf(host, service)
    .filter(({ author }) => author === 'kicker')
    .map(({ comment_data: text = '' }) => text);
}

/** Waits until the block of a service in status.dat fits. */
export function waitService(
  host: string,
  service: string,
  what: string,
  fits: (block: Block) => boolean,
  timeoutMs = 60_000,
): Promise<Block> {
  return waitFor(
    `${host} / ${service} to be ${what}`,
    () => {
      const block = serviceBlock(host, service);
      return block !== undefined && fits(block) ? block : undefined;
    },
    {
      timeoutMs,
      watch: [statusFile],
      explain: () => JSON.stringify(serviceBlock(host, service)),
    },
  );
}
