import { printable, type FaultFacts } from '@kickd/protocol';

/** Mistakes in the options of `kickd acl explain`. */
export const explainFaults = {
  optionMissing: (option: string): FaultFacts => ({
    code: 'EXPLAIN_OPTION_MISSING',
    exitCode: 2,
    message: `the option ${option} is missing`,
    remedy:
      'kickd acl explain --file /etc/kickd/auth.conf --certname kicker.example.com --ip 10.0.0.5 --method save --path /run',
  }),
  optionTwice: (option: string): FaultFacts => ({
    code: 'EXPLAIN_OPTION_TWICE',
    exitCode: 2,
    message: `the option --${option} is given more than once`,
    remedy: 'ask one question at a time',
  }),
  hostUnknown: (): FaultFacts => ({
    code: 'EXPLAIN_HOST_UNKNOWN',
    exitCode: 2,
    message:
      'a kick is judged as /run/CERTNAME of this host, and the configuration gives no certname',
    remedy: 'name it: --host web1.example.com; or look: kickd check',
  }),
  methodUnknown: (method: string, methods: readonly string[]): FaultFacts => ({
    code: 'EXPLAIN_METHOD_UNKNOWN',
    exitCode: 2,
    message: `"${printable(method, 60)}" is not a method`,
    remedy: `write one of ${methods.join(', ')}`,
  }),
};
