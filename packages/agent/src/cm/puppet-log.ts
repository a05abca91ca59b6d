import { oneLine } from '@kickd/protocol';

/** What the console output of a Puppet run tells where there is no report. */
export interface PuppetLog {
  /** the first line of all */
  firstLine?: string;
  /** the first `Error:` that is not Facter's */
  firstError?: string;
  /** an option that this Puppet does not know */
  unknownOption?: string;
  /** it waited for the lock of another run until it was not allowed to wait longer */
  isBusy: boolean;
}

/** The tool's own colour codes, in front of a line. */
const colours = '(?:\\u001b\\[[\\d;]*m)*';
const errorLine = new RegExp(
  `^${colours}(?:Error|err): +(?! |Facter: )(.+)$`,
  'm',
);
const unknownOption =
  /(?:invalid|unrecognized|unknown) option:? *[`'"]?(--[a-z_-]+)/;
/** @see lib/puppet/agent.rb */
const busy =
  /maxwaitforlock timeout has been exceeded|Run of .{1,80} already in progress; skipping/;

/** @param text of the run's log, or its beginning; foreign */
export function readPuppetLog(text: string | undefined): PuppetLog {
  if (text === undefined) return { isBusy: false };
  const firstLine = oneLine(/\S.*/.exec(text)?.[0] ?? '');
  const firstError = oneLine(errorLine.exec(text)?.[1] ?? '');
  const option = unknownOption.exec(text)?.[1];
  return {
    isBusy: busy.test(text),
    ...(firstLine !== '' && { firstLine }),
    ...(firstError !== '' && { firstError }),
    ...(option !== undefined && { unknownOption: option }),
  };
}
