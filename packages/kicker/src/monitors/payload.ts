import { printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { payloadMarks } from '../spool/payload-marks.ts';

/** What a monitor handed over, in one of the forms in which monitors do so. */
export type Payload =
  /** the body of a webhook, or what stands on the standard input of a handler */
  | {
      kind: 'json';
      value: unknown;
      /** of the request, names in lower case */
      headers: Readonly<Record<string, string>>;
    }
  /** the arguments of a program that the monitor calls */
  | { kind: 'arguments'; args: readonly string[] }
  /** `NAME=VALUE` lines: an environment, or several of them with an empty line between two */
  | { kind: 'lines'; lines: readonly string[] };

export type ReadPayload =
  { kind: 'payload'; payload: Payload } | { kind: 'fault'; fault: FaultFacts };

/**
 * The payload of one message of the spool. With a mark: a JSON text and then headers as `name: value`, or one
 * `NAME=VALUE` an argument. Without one they are the arguments of a program.
 */
export function payloadOfMessage(args: readonly string[]): ReadPayload {
  const [mark, ...rest] = args;
  switch (mark) {
    case payloadMarks.json: {
      const [text = '', ...headers] = rest;
      return parseJson(text, 'the message', headersOf(headers));
    }
    case payloadMarks.environment:
      return { kind: 'payload', payload: { kind: 'lines', lines: rest } };
    default:
      return { kind: 'payload', payload: { kind: 'arguments', args } };
  }
}

/** The other way round. */
export function messageOfPayload(payload: Payload): string[] {
  switch (payload.kind) {
    case 'arguments':
      return [...payload.args];
    case 'lines':
      return [payloadMarks.environment, ...payload.lines];
    case 'json':
      return [
        payloadMarks.json,
        JSON.stringify(payload.value),
        ...Object.entries(payload.headers).map(
          ([name, value]) => `${name}: ${value}`,
        ),
      ];
  }
}

/**
 * The payload of a file that a person gives: a JSON array of texts is a list of arguments, any other JSON a body, an
 * object of `headers` and `body` a whole request, and `NAME=VALUE` lines an environment.
 */
export function parsePayloadText(text: string, from: string): ReadPayload {
  const start = text.trimStart();
  if (/^[A-Za-z_]\w*=/.test(start)) {
    const lines = text.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    return { kind: 'payload', payload: { kind: 'lines', lines } };
  }
  const parsed = parseJson(text, from, {});
  if (parsed.kind === 'fault' || parsed.payload.kind !== 'json') return parsed;
  const { value } = parsed.payload;
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((arg) => typeof arg === 'string')
  ) {
    return { kind: 'payload', payload: { kind: 'arguments', args: value } };
  }
  if (isObject(value)) {
    const { headers, body, ...others } = value;
    if (
      isObject(headers) &&
      body !== undefined &&
      Object.keys(others).length === 0
    ) {
      const payload: Payload = {
        kind: 'json',
        value: body,
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, one]) => [
            name.toLowerCase(),
            String(one),
          ]),
        ),
      };
      return { kind: 'payload', payload };
    }
  }
  return parsed;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(
  text: string,
  from: string,
  headers: Readonly<Record<string, string>>,
): ReadPayload {
  try {
    const value: unknown = JSON.parse(text);
    return { kind: 'payload', payload: { kind: 'json', value, headers } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: 'fault',
      fault: errors.payloadUnreadable(from, printable(why, 200)),
    };
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 1
        ? []
        : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]];
    }),
  );
}
