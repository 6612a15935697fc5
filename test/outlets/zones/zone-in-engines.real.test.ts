/**
 * Zones as real resolvers apply them. Never a widening: of random lists, every name that an engine refuses is one whose entries cover it, and every
 * name that is covered is refused.
 */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { namedEntriesOf } from '../../../src/list/names/list-names.ts';
import type { ListNames } from '../../../src/list/names/list-names.ts';
import { writeZone } from '../../../src/outlets/zones/zone-file.ts';
import { programPath } from '../../support/program-path.ts';
import { describeWith } from '../../support/programs.ts';
import { POLICY_ENGINES, POLICY_ZONE, startPolicyEngine, UPSTREAM_ADDRESS } from '../../support/policy-engines.ts';
import type { PolicyEngine } from '../../support/policy-engines.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const SEED = 15;
const WORLDS = 12;
const TODAY = 20_000;

const directory = temporaryDirectory();
afterAll(() => directory[Symbol.dispose]());

function named(list: string, text: string, action: 'block' | 'allow' = 'block'): ListNames {
  return { list, action, form: 'text', bytes: Buffer.from(text), withdrawn: [], version: '1' };
}

async function write(
  file: string,
  lists: readonly ListNames[],
  answer: 'nxdomain' | 'nodata' | { a: string[]; aaaa: string[] },
) {
  return await writeZone({
    terms: { name: POLICY_ZONE, ttlSeconds: 60, answer },
    file,
    lists: lists.map((names) => ({ names, guarded: [] })),
    today: TODAY,
    now: 1_790_000_000,
    suffixes: 'example\n',
  });
}

const label = fc.constantFrom('a', 'b', 'ab', 'a-b', '0');
const host = fc.array(label, { minLength: 1, maxLength: 4 });
const line = fc
  .tuple(
    fc.constantFrom('', '', '*.'),
    host,
    fc.constantFrom(' dns', ' dns', ' steer', '', '/dir/* dns', ':8080 dns', ' dns count'),
  )
  .map(([star, labels, tail]) => ({ star, labels, tail }));
/** Most of them below something that is listed. */
const exception = fc.record({
  star: fc.constantFrom('', '*.'),
  line: fc.nat(11),
  below: fc.array(label, { maxLength: 3 }),
});

/** Worlds of their own below one zone, so that one start of an engine tries many lists. */
const samples = fc.sample(
  fc.record({
    lines: fc.array(line, { minLength: 12, maxLength: 25 }),
    exceptions: fc.array(exception, { minLength: 2, maxLength: 6 }),
  }),
  { numRuns: WORLDS, seed: SEED },
);

const worlds = samples.map(({ lines, exceptions }) => ({
  lines,
  exceptions: exceptions.map(({ star, line: at, below }) => ({
    star,
    labels: [...below, ...(lines[at]?.labels ?? [])],
  })),
}));

function nameIn(world: number, labels: readonly string[]): string {
  return [...labels, `w${world}`, 'example'].join('.');
}

const block = worlds
  .flatMap(({ lines }, world) => lines.map(({ star, labels, tail }) => `${star}${nameIn(world, labels)}${tail}`))
  .join('\n');
const allow = worlds
  .flatMap(({ exceptions }, world) =>
    exceptions.map(({ star, labels }) => `${star}${nameIn(world, labels)} reason="a test" expires=2090-01-01`),
  )
  .join('\n');
const lists = [named('block', `${block}\n`), named('allow', `${allow}\n`, 'allow')];

/** By the entries themselves. */
function isCovered(name: string): boolean {
  const covers = (list: ListNames): boolean =>
    [...namedEntriesOf(list, TODAY)].some(
      (entry) => entry.dns && (entry.host === name || (entry.subdomains && name.endsWith(`.${entry.host}`))),
    );
  return (
    lists.some((list) => list.action === 'block' && covers(list)) &&
    !lists.some((list) => list.action === 'allow' && covers(list))
  );
}

function namesToAsk(): readonly string[] {
  const listed = worlds.flatMap(({ lines, exceptions }, world) =>
    [...lines, ...exceptions].flatMap(({ labels }) => {
      const withParents = labels.map((_, i) => nameIn(world, labels.slice(i)));
      return withParents.flatMap((name) => [name, `z.${name}`, `b.z.${name}`, `x${name}`]);
    }),
  );
  return [...new Set([...listed, ...worlds.map((_, world) => nameIn(world, []))])];
}

describeWith([...POLICY_ENGINES, 'named-checkzone'])('random lists in real engines', () => {
  const file = directory.file('random.zone');
  beforeAll(async () => {
    const { blocked, excepted } = await write(file, lists, 'nxdomain');
    expect([blocked > 50, excepted > 5]).toEqual([true, true]);
  });

  test('named-checkzone finds nothing', () => {
    const args = ['-k', 'ignore', POLICY_ZONE, file];
    expect(execFileSync(programPath('named-checkzone') ?? 'named-checkzone', args, { encoding: 'utf8' })).toMatch(
      /OK\n$/,
    );
  });

  test.each(POLICY_ENGINES)('%s refuses what entries cover, and nothing else', async (name) => {
    const names = namesToAsk();
    const want = names.map((asked) => `${asked} ${isCovered(asked) ? 'NXDOMAIN' : UPSTREAM_ADDRESS}`);
    expect(want.filter((line) => line.endsWith('NXDOMAIN')).length).toBeGreaterThan(200);
    await using engine = await startPolicyEngine(name, directory.path, file);
    expect(await askAll(engine, names)).toEqual(want);
  });
});

async function askAll(engine: PolicyEngine, names: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = [];
  for (let at = 0; at < names.length; at += 50)
    answers.push(
      ...(await Promise.all(names.slice(at, at + 50).map(async (name) => `${name} ${await engine.ask(name)}`))),
    );
  return answers;
}

describeWith(POLICY_ENGINES)('answers', () => {
  const text = '*.listed.example dns\nalone.example dns\n';
  const cases = [
    { answer: 'nodata' as const, a: 'NODATA', aaaa: 'NODATA' },
    { answer: { a: ['192.0.2.80', '192.0.2.81'], aaaa: [] }, a: '192.0.2.80 192.0.2.81', aaaa: 'NODATA' },
    { answer: { a: [], aaaa: ['2001:db8::80'] }, a: 'NODATA', aaaa: '2001:db8::80' },
  ];

  test.each(POLICY_ENGINES.flatMap((name) => cases.map((each) => Object.assign({ name }, each))))(
    '$name: $answer',
    async ({ name, answer, a, aaaa }) => {
      const folder = temporaryDirectory();
      try {
        const file = folder.file('answers.zone');
        await write(
          file,
          [named('block', text), named('allow', 'free.listed.example reason="x" expires=2090-01-01\n', 'allow')],
          answer,
        );
        await using engine = await startPolicyEngine(name, folder.path, file);
        for (const host of [
          'listed.example',
          'www.listed.example',
          'a.b.listed.example',
          'below.free.listed.example',
          'alone.example',
        ])
          expect([host, await engine.ask(host), await engine.ask(host, 'AAAA')]).toEqual([host, a, aaaa]);
        for (const host of ['free.listed.example', 'www.alone.example', 'unlisted.example'])
          expect([host, await engine.ask(host)]).toEqual([host, UPSTREAM_ADDRESS]);
      } finally {
        folder[Symbol.dispose]();
      }
    },
  );
});
