import t from 'tap';
import { parseServiceObjects } from '../../../src/monitors/nagios/service-objects.ts';

/** As nagioscore's fcache_service writes it: with a blank behind the names. */
const block = (host: string, service: string, ...more: string[]): string =>
  `define service {\n\thost_name\t${host} \n\tservice_description\t${service} \n\tcheck_command\thost_name \n${more
    .map((line) => `\t${line}\n`)
    .join('')}\t}\n\n`;

void t.test('what an object says', async (t) => {
  const text = [
    'define host {\n\thost_name\tweb1 \n\tmax_check_attempts\t9\n\t}\n\n',
    block('web1', 'HTTP', 'max_check_attempts\t4', 'is_volatile\t0'),
    block('web1', 'Log', 'is_volatile\t1', 'max_check_attempts\t1'),
    block('web2', 'T\xfcr', 'max_check_attempts\tmany'),
    block('web2', 'None', 'max_check_attempts\t0'),
    'define service {\n\thost_name\tweb3\n\tmax_check_attempts\t3\n\t}\n',
    'define service {\n\thost_name\tweb4\n\tservice_description\tCut\n\tmax_check_attempts\t2',
  ].join('');
  t.strictSame(
    [...parseServiceObjects(text)],
    [
      ['web1;HTTP', { maxAttempts: 4, isVolatile: false }],
      ['web1;Log', { maxAttempts: 1, isVolatile: true }],
      ['web2;T\ueffcr', { isVolatile: false }],
      ['web2;None', { isVolatile: false }],
      ['web4;Cut', { maxAttempts: 2, isVolatile: false }],
    ],
  );
  t.strictSame([...parseServiceObjects('')], []);
});
