/** A log of Nagios whose times are written another way than `[EPOCH]`. */
export interface LogForm {
  /** how the times are written, to be named in a sentence */
  what: string;
  /** a shell command without its file, that writes the same log with `[EPOCH]` */
  converter: string;
}

/**
 * Which other form a line has that `secondsOfLine` cannot read, so that a person can be told how to convert the log.
 * @returns undefined where it is none that is known
 */
export function formOfLine(line: string): LogForm | undefined {
  return forms.find(({ pattern }) => pattern.test(line));
}

const months = '@m{qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)}=0..11';

/** Perl, since Nagios's own plugins need it: it is there. Times without a zone are the machine's local time. */
const forms: readonly (LogForm & { pattern: RegExp })[] = [
  {
    what: 'a date in words, `[Tue Jan 12 00:00:00 2016]`',
    pattern: /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{8} \d{4}\] /,
    converter: `perl -MPOSIX -pe 'BEGIN{${months}} s/^\\[\\w+ (\\w+) +(\\d+) (\\d+):(\\d+):(\\d+) (\\d+)\\]/"[".mktime($5,$4,$3,$2,$m{$1},$6-1900,0,0,-1)."]"/e'`,
  },
  {
    what: 'an ISO date, `[2024-01-25T15:57:56.698+01:00]`, as Centreon Engine writes it with log_v2',
    pattern: /^\[\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}/,
    converter: `perl -MPOSIX -MTime::Local -pe 's/^\\[(\\d+)-(\\d+)-(\\d+)[T ](\\d+):(\\d+):(\\d+)(?:[.,]\\d+)?(Z|([+-])(\\d\\d):?(\\d\\d))?\\](?: \\[[a-z_]+\\])*/"[".($7?timegm($6,$5,$4,$3,$2-1,$1)-($8?"$8".($9*3600+$10*60):0):mktime($6,$5,$4,$3,$2-1,$1-1900,0,0,-1))."]"/e'`,
  },
  {
    what: 'a date of syslog without a year, `Jan 12 00:00:00 HOST nagios: `',
    pattern: /^[A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{8} \S+ [^\s:]+: /,
    // The year is that of the file's last change, and the one before where the log goes over its end.
    converter: `perl -MPOSIX -pe 'BEGIN{${months}} s/^(\\w{3}) +(\\d+) (\\d+):(\\d+):(\\d+) \\S+ [^\\s:]+: /$m=$m{$1};if(!defined$y){@t=localtime((stat$ARGV)[9]||time);$y=$t[5]-($m>$t[4])}$y++ if defined$l&&$m<$l;$l=$m;"[".mktime($5,$4,$3,$2,$m,$y,0,0,-1)."] "/e'`,
  },
  {
    what: 'a date of syslog, `2024-01-25T15:57:56.698+01:00 HOST nagios: `',
    pattern: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\S* \S+ [^\s:]+: /,
    converter: `perl -MTime::Local -pe 's/^(\\d+)-(\\d+)-(\\d+)T(\\d+):(\\d+):(\\d+)(?:\\.\\d+)?(?:Z|([+-])(\\d\\d):?(\\d\\d)) \\S+ [^\\s:]+: /"[".(timegm($6,$5,$4,$3,$2-1,$1)-($7?"$7".($8*3600+$9*60):0))."] "/e'`,
  },
];
