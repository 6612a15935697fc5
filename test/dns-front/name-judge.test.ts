/**
 * What is done with a question, type by type as docs/dns-front.md has it: by the lists' own verdict, in a snapshot. Types are those of IANA's registry
 * (RFC 1035, RFC 3596, RFC 9460).
 */
import { describe, expect, test } from '@jest/globals';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';
import { explainedAnswers } from '../../src/dns-front/explained-answers.ts';
import { NameJudge } from '../../src/dns-front/name-judge.ts';
import { formatAddress } from '../../src/lib/prefix.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { DNS_VERDICT } from '../../src/observe/counters.ts';
import { Judge } from '../../src/policy/judge.ts';
import { NOT_COUNTED, VerdictService } from '../../src/verdict/verdict-service.ts';
import { Question } from '../../src/wire/dns-question.ts';
import { entry, snapshotOf } from '../match/support.ts';

const TYPE = { A: 1, NS: 2, MX: 15, TXT: 16, AAAA: 28, SVCB: 64, HTTPS: 65, ANY: 255 } as const;
/** RFC 8914: blocked, censored, filtered. RFC 1035: no error, no such name. */
const EDE = { blocked: 15, censored: 16, filtered: 17 } as const;
const [NO_ERROR, NXDOMAIN, REFUSED] = [0, 3, 5];

const LISTED = [
  entry('*.blocked.example', { id: 1n, dns: true }),
  entry('only-http.example', { id: 2n }),
  entry('steered.example/page', { id: 3n, steer: true }),
  entry('both.example', { id: 4n, dns: true }),
  entry('both.example/page', { id: 5n, steer: true }),
  entry('allowed.blocked.example', { id: 6n, list: 1 }),
  entry('school.example', { id: 7n, list: 2, dns: true }),
  entry('court.example', { id: 8n, list: 3, dns: true }),
  entry('counted.example', { id: 9n, list: 4, dns: true }),
];

function config(answers: string): Config {
  const loaded = parseConfig(
    `lists:
  - { name: national, source: ./n.txt }
  - { name: own, source: ./o.txt, action: allow }
  - { name: school, source: ./s.txt, optIn: true }
  - { name: court, source: ./c.txt, status: 451 }
  - { name: trial, source: ./t.txt, action: count }
listeners: [{ name: explicit, mode: explicit, port: 3128, lists: [national, own, school, court, trial] }]
resolver: { answers: ${answers} }
`,
    'f.yaml',
    {},
  );
  if (!loaded.ok) throw new Error(loaded.faults.map(formatDiagnostic).join('\n'));
  return loaded.config;
}

const STEER = 'steer: { a: [203.0.113.7], aaaa: ["2001:db8:7::/64"] }';
const EVERYBODY = { client: { exempt: false, policy: null }, listener: { listMask: -1 } };

function judgeOf(answers: string): NameJudge {
  const settings = config(answers);
  const matcher = new Matcher({ cacheEntries: 10 });
  matcher.use(snapshotOf([LISTED]));
  const rules = { judge: new Judge(matcher, settings.lists), slots: [] };
  const verdicts = new VerdictService({ matcher, rules, counter: NOT_COUNTED, refresh: () => {} });
  return new NameJudge(verdicts, settings);
}

function questionOf(host: string | null, more: Partial<Question> = {}): Question {
  return Object.assign(new Question(), { host, ...more });
}

/** `pass`, or response code, addresses and reason. */
function answered(
  judge: NameJudge,
  host: string | null,
  qtype: number,
  more: Partial<Question> = {},
  asker = EVERYBODY,
) {
  const answer = judge.judge(questionOf(host, { qtype, ...more }), asker);
  return answer === null ? 'pass' : [answer.rcode, answer.addresses.map(formatAddress).join(' '), answer.reason];
}

test("the guard's name: no data of the front's own, of any type, whatever the lists say", () => {
  const judge = judgeOf('{ block: nxdomain }');
  for (const qtype of Object.values(TYPE))
    expect(answered(judge, 'guard.cleanfeed.invalid', qtype)).toEqual([NO_ERROR, '', -1]);
  expect(answered(judge, 'www.guard.cleanfeed.invalid', TYPE.A)).toBe('pass');
  expect(judge.verdict).toBe(DNS_VERDICT.pass);
});

describe('blocked', () => {
  test('by no such name: every type says so', () => {
    const judge = judgeOf('{ block: nxdomain }');
    for (const qtype of Object.values(TYPE))
      expect(answered(judge, 'www.blocked.example', qtype)).toEqual([NXDOMAIN, '', EDE.blocked]);
    expect(judge.verdict).toBe(DNS_VERDICT.block);
  });

  test('by no data', () => {
    const judge = judgeOf('{ block: nodata }');
    for (const qtype of Object.values(TYPE))
      expect(answered(judge, 'blocked.example', qtype)).toEqual([NO_ERROR, '', EDE.blocked]);
  });

  test('by a refusal', () => {
    const judge = judgeOf('{ block: refused }');
    for (const qtype of Object.values(TYPE))
      expect(answered(judge, 'blocked.example', qtype)).toEqual([REFUSED, '', EDE.blocked]);
    expect(judge.verdict).toBe(DNS_VERDICT.block);
    expect(explainedAnswers(questionOf('blocked.example'), judge, EVERYBODY)).toEqual({
      A: 'REFUSED',
      AAAA: 'REFUSED',
      HTTPS: 'REFUSED',
      other: 'REFUSED',
    });
  });

  test('by addresses: of their own type, and no data for all others', () => {
    const judge = judgeOf('{ block: { a: [192.0.2.80], aaaa: ["2001:db8::80"] } }');
    expect(answered(judge, 'blocked.example', TYPE.A)).toEqual([NO_ERROR, '192.0.2.80', EDE.blocked]);
    expect(answered(judge, 'blocked.example', TYPE.AAAA)).toEqual([NO_ERROR, '2001:db8::80', EDE.blocked]);
    for (const qtype of [TYPE.HTTPS, TYPE.SVCB, TYPE.MX, TYPE.ANY])
      expect(answered(judge, 'blocked.example', qtype)).toEqual([NO_ERROR, '', EDE.blocked]);
  });

  test('the reason is that of the list: an order of a court, a choice of the customer', () => {
    const judge = judgeOf('{ block: nxdomain }');
    expect(answered(judge, 'court.example', TYPE.A)).toEqual([NXDOMAIN, '', EDE.censored]);
    expect(answered(judge, 'school.example', TYPE.A)).toEqual([NXDOMAIN, '', EDE.filtered]);
  });
});

describe('steered', () => {
  test('A and AAAA lead to the filter, HTTPS and SVCB have no data, and all else passes: no mail is touched', () => {
    const judge = judgeOf(`{ ${STEER} }`);
    expect(answered(judge, 'steered.example', TYPE.A)).toEqual([NO_ERROR, '203.0.113.7', -1]);
    expect(answered(judge, 'steered.example', TYPE.AAAA)).toEqual([
      NO_ERROR,
      expect.stringMatching(/^2001:db8:7:/),
      -1,
    ]);
    for (const qtype of [TYPE.HTTPS, TYPE.SVCB])
      expect(answered(judge, 'steered.example', qtype)).toEqual([NO_ERROR, '', -1]);
    for (const qtype of [TYPE.MX, TYPE.TXT, TYPE.NS, TYPE.ANY])
      expect(answered(judge, 'steered.example', qtype)).toBe('pass');
  });

  test('nothing where the configuration steers nothing', () => {
    const judge = judgeOf('{ block: nxdomain }');
    for (const qtype of [TYPE.A, TYPE.AAAA, TYPE.HTTPS]) expect(answered(judge, 'steered.example', qtype)).toBe('pass');
  });

  test('a client that asks for signatures is not lied to: the resolver is asked first', () => {
    const judge = judgeOf(`{ ${STEER} }`);
    answered(judge, 'steered.example', TYPE.A, { do: true });
    expect([judge.isUnlessSigned, judge.verdict]).toEqual([true, DNS_VERDICT.steer]);
    answered(judge, 'steered.example', TYPE.A);
    expect(judge.isUnlessSigned).toBe(false);
    // What passes by its type does as it did.
    answered(judge, 'steered.example', TYPE.MX, { do: true });
    expect([judge.isUnlessSigned, judge.verdict]).toEqual([false, DNS_VERDICT.pass]);
    // What is blocked is blocked, signed or not.
    expect(answered(judge, 'blocked.example', TYPE.A, { do: true })).toEqual([NXDOMAIN, '', EDE.blocked]);
    expect(judge.isUnlessSigned).toBe(false);
  });

  test('what is blocked is not steered', () => {
    expect(answered(judgeOf(`{ block: nxdomain, ${STEER} }`), 'both.example', TYPE.A)).toEqual([
      NXDOMAIN,
      '',
      EDE.blocked,
    ]);
  });

  test('a name that no URL can have is not', () => {
    expect(answered(judgeOf(`{ ${STEER} }`), 'steered.example', TYPE.A, { hasOtherBytes: true })).toBe('pass');
  });

  test.each([
    ['_8443._https.steered.example', TYPE.HTTPS, [NO_ERROR, '', -1]],
    ['_8443._https.steered.example', TYPE.SVCB, [NO_ERROR, '', -1]],
    ['_8443._https.steered.example', TYPE.A, 'pass'],
    ['_dns.steered.example', TYPE.SVCB, 'pass'],
    ['_8443._https', TYPE.HTTPS, 'pass'],
    ['_8443._https.www.blocked.example', TYPE.HTTPS, [NXDOMAIN, '', EDE.blocked]],
  ])('the record of a port is one of its host (RFC 9460 section 2.3): %s, type %i', (host, qtype, want) => {
    expect(answered(judgeOf(`{ block: nxdomain, ${STEER} }`), host, qtype)).toEqual(want);
  });
});

describe('passed', () => {
  test.each(['other.example', 'only-http.example', 'allowed.blocked.example', 'counted.example'])('%s', (host) => {
    const judge = judgeOf(`{ block: nxdomain, ${STEER} }`);
    for (const qtype of Object.values(TYPE)) expect(answered(judge, host, qtype)).toBe('pass');
  });

  test('what no list can mean', () => {
    expect(answered(judgeOf('{ block: nxdomain }'), null, TYPE.A)).toBe('pass');
  });

  test('whom a list is not for: another listener, a client that is exempt', () => {
    const judge = judgeOf('{ block: nxdomain }');
    const elsewhere = { ...EVERYBODY, listener: { listMask: 0b10000 } };
    expect(answered(judge, 'blocked.example', TYPE.A, {}, elsewhere)).toBe('pass');
    const exempt = { ...EVERYBODY, client: { exempt: true, policy: null } };
    expect(answered(judge, 'blocked.example', TYPE.A, {}, exempt)).toBe('pass');
  });
});

test('in words, for whoever asks what a name gets', () => {
  const judge = judgeOf(`{ block: nxdomain, ${STEER} }`);
  const told = (host: string | null) => explainedAnswers(host === null ? null : questionOf(host), judge, EVERYBODY);
  expect(told('blocked.example')).toEqual({ A: 'NXDOMAIN', AAAA: 'NXDOMAIN', HTTPS: 'NXDOMAIN', other: 'NXDOMAIN' });
  expect(told('steered.example')).toEqual({
    A: '203.0.113.7',
    AAAA: expect.stringMatching(/^2001:db8:7:/),
    HTTPS: 'no data',
    other: 'passed on',
  });
  const passed = { A: 'passed on', AAAA: 'passed on', HTTPS: 'passed on', other: 'passed on' };
  expect([told('other.example'), told(null)]).toEqual([passed, passed]);
});
