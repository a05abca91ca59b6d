import { styleText } from 'node:util';
import { printable, type FaultFacts } from '@kickd/protocol';
import type { Narrator } from '../ports.ts';
import { outcomeInWords } from '../run/words.ts';
import type { Told } from '../told.ts';

export interface Terminal {
  write(text: string): void;
  hasColors: boolean;
  /** wall clock, for the time before each line */
  now(): Date;
}

type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim';

/** For the person who runs `kickd foreground`: each event in plain words, each refusal with its remedy. */
export function createTerminalNarrator(terminal: Terminal): Narrator {
  const paint = (colour: Colour, text: string): string =>
    terminal.hasColors
      ? styleText(colour, text, { validateStream: false })
      : text;
  const line = (mark: string, colour: Colour, text: string): void => {
    const time = terminal.now().toISOString().slice(11, 19);
    terminal.write(`${paint('dim', time)} ${paint(colour, mark)} ${text}\n`);
  };
  const detail = (label: string, text: string): void => {
    terminal.write(`           ${paint('dim', `${label}:`)} ${text}\n`);
  };
  const tellFault = ({ code, message, remedy }: FaultFacts): void => {
    line('!', 'yellow', `${code}: ${message}`);
    detail('remedy', remedy);
  };

  const tell = (event: Told): void => {
    switch (event.event) {
      case 'listening': {
        const { address, port, certname, cm, rules, aclFile } = event;
        line(
          '*',
          'cyan',
          `kickd for ${certname} listens on ${address} port ${String(port)}`,
        );
        detail('runs', cm);
        detail('rules', `${String(rules)} from ${aclFile}`);
        detail('stop', 'Ctrl-C');
        return;
      }
      case 'warning':
        tellFault(event.fault);
        return;
      case 'handshake-accepted':
        line(
          '>',
          'dim',
          `certificate of ${event.certname} accepted from ${event.ip} (serial ${event.serial})`,
        );
        return;
      case 'handshake-refused': {
        const { ip, code, message, remedy, certname, serial, issuer } = event;
        line('x', 'red', `certificate refused from ${ip}: ${code}: ${message}`);
        if (certname !== undefined) detail('certname', certname);
        if (serial !== undefined) detail('serial', serial);
        if (issuer !== undefined) detail('issuer', issuer);
        if (event.notBefore !== undefined) {
          detail('valid', `${event.notBefore} to ${event.notAfter ?? '?'}`);
        }
        detail('remedy', remedy);
        return;
      }
      case 'handshake-failed':
        line(
          'x',
          'red',
          `no TLS with ${event.ip}: ${event.code}: ${event.message}`,
        );
        return;
      case 'connection-refused': {
        const { ip, code, message, remedy, count } = event;
        line(
          'x',
          'red',
          `turned away ${String(count)} of ${ip}: ${code}: ${message}`,
        );
        detail('remedy', remedy);
        return;
      }
      case 'request': {
        const { certname, ip, method, path, status, reason, code } = event;
        const isRefused = status >= 400;
        const asked = `${certname} (${ip}) ${method} ${path}`;
        const verdict = isRefused ? `refused: ${code ?? ''}` : 'allowed';
        line(
          isRefused ? 'x' : '>',
          isRefused ? 'red' : 'green',
          `${asked}: ${String(status)} ${verdict}`,
        );
        const place =
          event.file === undefined
            ? ''
            : ` [${event.file}:${String(event.line ?? 0)}]`;
        if (reason !== undefined) detail('rule', `${reason}${place}`);
        return;
      }
      case 'record-refused':
      case 'runner-ready':
      case 'runner-leaves':
      case 'listener-leaves':
        // of a process of its own, which has no terminal
        return;
      case 'run-accepted':
        line('>', 'cyan', `kick ${event.kick} of ${event.by}: ${event.how}`);
        detail('run', event.run);
        return;
      case 'run-started':
        line('>', 'cyan', `run ${event.run} started (${event.cm})`);
        detail('command', event.command.join(' '));
        return;
      case 'standby-unused':
        line('>', 'yellow', `run ${event.run} starts cold: ${event.why}`);
        return;
      case 'run-handed-over':
        line(
          '>',
          'cyan',
          `run ${event.run} begins in the standby of ${event.cm}, process ${String(event.pid)}`,
        );
        return;
      case 'run-healed': {
        const { corrected } = event.healed;
        const names = [...new Set(corrected.map(({ resource }) => resource))];
        line('v', 'green', `run ${event.run} has healed ${names.join(', ')}`);
        return;
      }
      case 'run-adopted':
        line(
          '>',
          'cyan',
          `run ${event.run} of an earlier kickd goes on as process ${String(event.pid)}`,
        );
        return;
      case 'run-stopping':
        line(
          '!',
          'yellow',
          `run ${event.run} is being ended with ${event.signal}: ${event.code}`,
        );
        return;
      case 'probe-asked':
        return;
      case 'probe-answered': {
        const { service, when, answer, exitCode, text } = event;
        const code =
          exitCode === undefined ? '' : ` (exit ${String(exitCode)})`;
        const said = text === '' ? '' : `: ${text}`;
        line(
          '?',
          answer === 'green' ? 'green' : 'yellow',
          `probe of ${printable(service, 80)} ${when} run ${event.run}: ${answer}${code}${said}`,
        );
        return;
      }
      case 'run-ended': {
        const { outcome, durationMs } = event;
        const isGood =
          outcome.kind === 'corrected' ||
          outcome.kind === 'unchanged' ||
          outcome.kind === 'not-needed';
        const time =
          durationMs === undefined
            ? ''
            : ` in ${(durationMs / 1000).toFixed(1)} s`;
        line(
          isGood ? 'v' : 'x',
          isGood ? 'green' : 'red',
          `run ${event.run}: ${outcomeInWords(outcome)}${time}`,
        );
        return;
      }
      case 'reloaded':
        line('*', 'cyan', `${event.what} reloaded: ${event.detail}`);
        return;
      case 'reload-refused':
        line('!', 'red', `new ${event.what} refused, the old stay in force`);
        event.faults.forEach(tellFault);
        return;
      case 'closing':
        line('*', 'cyan', `${event.signal}: closing`);
        if (event.running !== undefined) {
          detail('run', `${event.running} goes on; the next kickd settles it`);
        }
        return;
    }
  };
  return { tell };
}
