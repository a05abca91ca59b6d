import { readFileSync } from 'node:fs';
import { patterns } from '@kickd/protocol';
import t, { type Test } from 'tap';
import { openAclDoor, type AclDoor, type Question } from '../acl-door.ts';
import { kickId } from '../fixture.ts';

const host = 'agent01.example.com';
/** Of each test its own: a listener keeps a process alive for as long as it is open. */
async function openDoor(t: Test): Promise<AclDoor> {
  const door = await openAclDoor(t.testdir(), host);
  t.teardown(() => door.close());
  return door;
}

interface Case {
  id: string;
  conf: string | null;
  request: { certname: string | null; environment: string; path: string };
}
const cases = JSON.parse(
  readFileSync(new URL('../acl/authconf-cases.json', import.meta.url), 'utf8'),
) as Case[];
const requests = [
  'POST /run',
  `GET /run/${kickId(1)}`,
  `GET /run/${kickId(1)}/log`,
  `DELETE /run/${kickId(1)}`,
  'GET /runs',
] as const;

t.test('each auth.conf is answered by door and explain alike', async (t) => {
  const door = await openDoor(t);
  const certname = new RegExp(patterns.certname);
  let asked = 0;
  let allowed = 0;
  for (const { id, conf, request } of cases) {
    door.load(conf ?? '');
    const environment = /^\w{1,64}$/.test(request.environment)
      ? request.environment
      : 'production';
    const callers = new Set(
      [request.certname ?? '', 'puppet.example.com', host].filter((name) =>
        certname.test(name),
      ),
    );
    for (const caller of callers) {
      for (const what of requests) {
        const question: Question = {
          certname: caller,
          request: what,
          ...(what === 'POST /run' && { environment }),
        };
        const explained = await door.explain(question);
        const answer = await door.ask(question);
        asked += 1;
        if (answer === 'allow') allowed += 1;
        // a file with mistakes is in force for nobody
        const wanted = explained === 'error' ? 'deny' : explained;
        if (answer !== wanted)
          t.fail(
            `${id}: ${what} by ${caller}: ${answer}, explain ${explained}`,
          );
      }
    }
  }
  t.ok(asked > 1000, `${String(asked)} questions`);
  t.ok(allowed > 50, `${String(allowed)} of them allowed`);
});

const kick = (certname: string, environment?: string): Question => ({
  certname,
  request: 'POST /run',
  ...(environment !== undefined && { environment }),
});

const drill = (certname: string): Question => ({
  certname,
  request: 'POST /run',
  cm: 'drill',
});

/** The stanzas of the reference page, in its order, each with a yes and a no. */
const worked: [Question, 'allow' | 'deny'][][] = [
  [
    [kick('kicker.example.com'), 'allow'],
    [kick('web2.example.com'), 'deny'],
    [{ certname: 'kicker.example.com', request: 'GET /runs' }, 'deny'],
  ],
  [
    [kick(host), 'allow'],
    [kick('web2.example.com'), 'deny'],
    [kick('agent01'), 'deny'],
  ],
  [
    [kick('kicker-a.example.com'), 'allow'],
    [kick('kicker-b.example.com'), 'allow'],
    [kick('kicker-c.example.com'), 'deny'],
    [kick('oncall-1.example.com'), 'deny'],
    [
      {
        certname: 'oncall-1.example.com',
        request: `DELETE /run/${kickId(1)}`,
      },
      'allow',
    ],
    [
      {
        certname: 'kicker-a.example.com',
        request: `DELETE /run/${kickId(1)}`,
      },
      'deny',
    ],
  ],
  [
    [kick('a.example.com'), 'allow'],
    [kick('a.example.com', 'production'), 'allow'],
    [kick('a.example.com', 'test'), 'deny'],
    [kick('a.lab.example.com'), 'deny'],
    [kick('a.example.org'), 'deny'],
  ],
  [
    [drill('kicker.example.com'), 'allow'],
    [drill('web2.example.com'), 'deny'],
    [kick('kicker.example.com'), 'deny'],
  ],
];

t.test('the examples of docs/reference/acl.md at the door', async (t) => {
  const door = await openDoor(t);
  const page = readFileSync(
    new URL('../../../../docs/reference/acl.md', import.meta.url),
    'utf8',
  );
  const stanzas = [...page.matchAll(/```\n((?:#.*\n)*path [^`]+)```/g)].map(
    (found) => found[1] ?? '',
  );
  t.equal(stanzas.length, worked.length, 'each has its questions');
  for (const [index, rows] of worked.entries()) {
    door.load(stanzas[index] ?? '');
    for (const [question, wanted] of rows) {
      const { certname, request, environment = '' } = question;
      const name = `${String(index)} ${request} ${certname} ${environment}`;
      t.equal(await door.ask(question), wanted, name);
      t.equal(await door.explain(question), wanted, `explain: ${name}`);
    }
  }
});

t.test('a kick is asked as /run/CERTNAME of this host', async (t) => {
  const door = await openDoor(t);
  const rows: [string, string, 'allow' | 'deny'][] = [
    ['path /run', 'web2.example.com', 'allow'],
    ['path /run/', 'web2.example.com', 'allow'],
    [`path /run/${host}`, 'web2.example.com', 'allow'],
    ['path /run/agent02.example.com', 'web2.example.com', 'deny'],
    [`path /run/${host.slice(0, -1)}`, 'web2.example.com', 'deny'],
    [`path /run/${host}/x`, 'web2.example.com', 'deny'],
    ['path ~ ^/run/[^/]+$', 'web2.example.com', 'allow'],
    ['path ~ ^/run$', 'web2.example.com', 'deny'],
    ['path ~ ^/run(/|$)', 'web2.example.com', 'allow'],
    [`path ~ ^/run/agent\\d+\\.example\\.com$`, 'web2.example.com', 'allow'],
    ['path ~ ^/run/web', 'web2.example.com', 'deny'],
    ['path /running', 'web2.example.com', 'deny'],
  ];
  for (const [path, certname, wanted] of rows) {
    door.load(`${path}\nmethod save\nallow ${certname}\n`);
    t.equal(await door.ask(kick(certname)), wanted, path);
    t.equal(await door.explain(kick(certname)), wanted, `explain: ${path}`);
    // a stanza that refuses is not passed over by the one below it
    door.load(
      `${path}\nmethod save\ndeny ${certname}\npath /\nallow ${certname}\n`,
    );
    const isSpokenFor =
      wanted === 'allow' || path === `path /run/${host.slice(0, -1)}`;
    const refused = isSpokenFor ? 'deny' : 'allow';
    t.equal(await door.ask(kick(certname)), refused, `${path}, deny`);
    t.equal(
      await door.explain(kick(certname)),
      refused,
      `explain: ${path}, deny`,
    );
  }
});

t.test(
  'a drill is asked as /drill/CERTNAME, and no rule of /run covers it',
  async (t) => {
    const door = await openDoor(t);
    const caller = 'web2.example.com';
    const rows: [
      path: string,
      run: 'allow' | 'deny',
      drill: 'allow' | 'deny',
    ][] = [
      ['path /run', 'allow', 'deny'],
      [`path /run/${host}`, 'allow', 'deny'],
      ['path ~ ^/run(/|$)', 'allow', 'deny'],
      ['path /drill', 'deny', 'allow'],
      ['path /drill/', 'deny', 'allow'],
      [`path /drill/${host}`, 'deny', 'allow'],
      ['path ~ ^/drill/[^/]+$', 'deny', 'allow'],
      ['path ~ ^/drill$', 'deny', 'deny'],
      ['path /drill/agent02.example.com', 'deny', 'deny'],
      [`path /drill/${host}/x`, 'deny', 'deny'],
      ['path /drills', 'deny', 'deny'],
      // whoever allows everything allows this
      ['path /', 'allow', 'allow'],
    ];
    for (const [path, asRun, asDrill] of rows) {
      door.load(`${path}\nmethod save\nallow ${caller}\n`);
      t.equal(await door.ask(kick(caller)), asRun, `${path}: a run`);
      t.equal(
        await door.explain(kick(caller)),
        asRun,
        `${path}: explain a run`,
      );
      t.equal(await door.ask(drill(caller)), asDrill, `${path}: a drill`);
      t.equal(await door.explain(drill(caller)), asDrill, `${path}: explain`);
    }
    // the ground of both, and a refusal above it
    door.load(
      `path /drill\nmethod save\ndeny ${caller}\npath /\nallow ${caller}\n`,
    );
    t.equal(await door.ask(drill(caller)), 'deny');
    t.equal(await door.ask(kick(caller)), 'allow');
  },
);
