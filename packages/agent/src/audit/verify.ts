import { chainStart, readLine, type ChainHead, type Sha256 } from './chain.ts';

export interface AuditText {
  /** for the verdict */
  file: string;
  /** one character a byte, as `latin1`: what is torn may be no UTF-8 */
  text: string;
}

export type AuditVerdict =
  | {
      kind: 'whole';
      lines: number;
      /** of the first line: above 1 where older files were not given */
      firstSeq: number;
      head: ChainHead;
      /** lines that a full disk or a power cut left unfinished, as the line behind each tells */
      torn: number;
    }
  | { kind: 'empty' }
  | { kind: 'broken'; file: string; line: number; why: string };

/**
 * Reads the files of one chain, oldest first, and names the first line that cannot be what kickd wrote.
 * Lines that were taken away from the end leave a chain that is whole: only a head that was noted
 * elsewhere shows that.
 * @param noted a head as `/status`, `kicker check HOST` or the log told it earlier
 */
export function verifyAudit(
  texts: readonly AuditText[],
  sha256: Sha256,
  noted?: ChainHead,
): AuditVerdict {
  const all = texts.flatMap(linesOf);
  let head: ChainHead | undefined;
  let firstSeq = 0;
  let torn = 0;
  let isNotedSeen = false;

  for (const [index, { file, line, text, isWhole }] of all.entries()) {
    const broken = (why: string): AuditVerdict => {
      return { kind: 'broken', file, line, why };
    };
    const read = isWhole ? readLine(text) : undefined;
    if (read === undefined) {
      const next = readLine(all[index + 1]?.text ?? '');
      if (next?.torn === text.length) {
        torn += 1;
        continue;
      }
      return broken(
        isWhole ? 'this is no line of kickd' : 'the line is not whole',
      );
    }
    if (sha256(read.hashed) !== read.hash)
      return broken('the line was altered: its hash is another');
    if (read.torn !== undefined && readLine(all[index - 1]?.text ?? ''))
      return broken('the unfinished line before it is missing');
    head ??= read.seq === 1 ? chainStart : undefined;
    if (head !== undefined && read.prev !== head.hash)
      return broken(whyOutOfStep(head.seq, read.seq));
    if (noted?.seq === read.seq) {
      if (noted.hash !== read.hash)
        return broken('it had another hash when it was noted');
      isNotedSeen = true;
    }
    if (firstSeq === 0) firstSeq = read.seq;
    head = { seq: read.seq, hash: read.hash };
  }

  const last = all.at(-1) ?? { file: texts[0]?.file ?? '', line: 0 };
  if (noted !== undefined && !isNotedSeen) {
    const { file, line } = last;
    return { kind: 'broken', file, line, why: whyNotSeen(head, noted) };
  }
  if (head === undefined) return { kind: 'empty' };
  const lines = all.length - torn;
  return { kind: 'whole', lines, firstSeq, head, torn };
}

interface FileLine {
  file: string;
  /** from 1 */
  line: number;
  text: string;
  /** ends in a newline */
  isWhole: boolean;
}

function linesOf({ file, text }: AuditText): FileLine[] {
  const parts = text.split('\n');
  const rest = parts.pop() ?? '';
  const lines = parts.map((part, index) => {
    return { file, line: index + 1, text: part, isWhole: true };
  });
  if (rest === '') return lines;
  return [
    ...lines,
    { file, line: lines.length + 1, text: rest, isWhole: false },
  ];
}

function whyOutOfStep(before: number, seq: number): string {
  if (seq > before + 1)
    return `lines ${String(before + 1)} to ${String(seq - 1)} are missing before it`;
  if (seq <= before)
    return `number ${String(seq)} stands behind number ${String(before)}: moved, or written twice`;
  return 'it does not follow the line before it, which was replaced';
}

function whyNotSeen(head: ChainHead | undefined, noted: ChainHead): string {
  return head !== undefined && noted.seq <= head.seq
    ? `number ${String(noted.seq)}, which was noted, is in no file that was given`
    : `numbers ${String((head?.seq ?? 0) + 1)} to ${String(noted.seq)} are missing behind it`;
}
