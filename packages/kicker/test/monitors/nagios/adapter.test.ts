import { join } from 'node:path';
import t from 'tap';
import { createNagios } from '../../../src/monitors/nagios/adapter.ts';

void t.test('names that no handler hears of', async (t) => {
  const textOf = (service: string): string =>
    `define service {\n\thost_name\tweb1\n\tservice_description\t${service}\n\tevent_handler\tx\n\t}\n`;
  const dir = t.testdir({
    quoted: textOf("Bob's disk") + textOf("Ann's disk"),
    plain: textOf('HTTP'),
  });
  const check = async (objectsFile?: string) => {
    const monitor = createNagios(
      'nagios',
      {
        kind: 'nagios',
        author: 'kicker',
        ...(objectsFile === undefined ? {} : { objectsFile }),
      },
      {
        now: () => new Date(),
        knowsHost: () => false,
        pause: () => Promise.resolve(),
        onTrouble: () => {},
      },
    );
    const steps = [];
    for await (const step of monitor.check(new AbortController().signal)) {
      steps.push(step);
    }
    return steps.filter(({ step }) => step !== 'command file');
  };
  t.strictSame(await check(join(dir, 'quoted')), [
    {
      step: 'warning',
      ok: true,
      text: "no event of web1 / Bob's disk and 1 more ever comes: the apostrophe ends the quotes in the command line of the handler",
      remedy:
        "rename it in Nagios; with illegal_object_name_chars=' in nagios.cfg Nagios refuses the next one itself",
    },
  ]);
  t.strictSame(await check(join(dir, 'plain')), []);
  t.strictSame(await check(), []);
  t.match(await check(join(dir, 'none')), [
    { step: 'objects', ok: false, code: 'FILE_UNREADABLE', text: /ENOENT/ },
  ]);
});
