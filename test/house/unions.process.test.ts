/** No union of three or more members is taken apart piece by piece in `src`, but where it does no harm; and what is found, by small sources. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ROOT } from '../docs/markdown.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { cascadesIn } from './unions.ts';

/** A member that is added does not compile: what is left over goes where its type is asked for. */
const TYPED = 'the rest is typed';
/** One or two members are turned away or picked out at the start, and all others have one way, which is right for any. */
const PICKED = 'some are picked out';

/** By file and expression, why it is no switch. A row that is not found any more fails. */
const HARMLESS: Readonly<Record<string, string>> = {
  'src/accept/http/judge-request.ts: head.method': PICKED,
  'src/accept/http/judge-request.ts: verdict.action': TYPED,
  'src/accept/intercepted/gated-tunnel.ts: state': PICKED,
  'src/accept/intercepted/judge-raw.ts: verdict.action': TYPED,
  'src/commands/ctl.ts: asked.kind': TYPED,
  'src/commands/ctl.ts: command': TYPED,
  'src/commands/explain-running.ts: asked.kind': TYPED,
  'src/forward/raw-exchange.ts: outcome': PICKED,
  'src/list/change.ts: event.on': PICKED,
  'src/list/import/adblock.ts: pattern.kind': TYPED,
  'src/list/import/haproxy.ts: match': PICKED,
  'src/list/import/import-list.ts: item.kind': PICKED,
  'src/list/lint/lint-list.ts: outcome.kind': PICKED,
  'src/list/source/tuf/refusal.ts: named.role': PICKED,
  'src/list/source/tuf/trusted-metadata.ts: trusted.role': PICKED,
  'src/list/text/compile.ts: outcome.kind': PICKED,
  'src/list/updater.ts: effect.do': TYPED,
  'src/publish/entry-line.ts: a.kind': PICKED,
  'src/publish/log/prove.ts: event.kind': PICKED,
  'src/publish/mass-withdrawal.ts: event.kind': PICKED,
  'src/republish/csv-reader.ts: this.#state': PICKED,
  'src/wire/observed-response.ts: repaired.kind': PICKED,
};

/** Ternaries that give one member a value and all others another: a member that is added takes the other one unnoticed. It may only fall. */
const LONE_TERNARIES = 128;

const directory = temporaryDirectory();
afterAll(() => directory[Symbol.dispose]());

test('src takes no union apart piece by piece', () => {
  const all = cascadesIn(join(import.meta.dirname, 'src.tsconfig.json'), join(ROOT, 'src'));
  const found = all.filter(({ isLone }) => !isLone);
  const known = Object.keys(HARMLESS);
  const nameOf = ({ file, expression }: (typeof found)[number]): string => `${file}: ${expression}`;
  // To do: a switch with a case for each member, or a Record over the union.
  expect(
    found
      .filter((each) => !known.includes(nameOf(each)))
      .map(({ file, line, expression, members }) => `${file}:${line}: ${expression} has ${members} members`),
  ).toEqual([]);
  expect(known.filter((name) => !found.some((each) => nameOf(each) === name))).toEqual([]);
  const lone = all.filter(({ isLone }) => isLone);
  // To do: a switch or a Record where a further member would need a value of its own. Where there are fewer: write the lower number.
  expect(lone.length > LONE_TERNARIES ? lone : []).toEqual([]);
  expect(lone).toHaveLength(LONE_TERNARIES);
});

test.each([
  ["return of === 'a' ? 1 : of === 'b' ? 2 : 3;", ['of 3']],
  ["return of !== 'a' ? (of === 'b' ? 2 : 3) : 1;", ['of 3']],
  ["if (of === 'a') return 1;\n  else if (of === 'b') return 2;\n  return 3;", ['of 3']],
  ["if (of === 'a') return 1;\n  if (of === 'b') return 2;\n  return 3;", ['of 3']],
  ["if (of === 'a') return 1;\n  return of === 'b' ? 2 : 3;", ['of 3']],
  ['return it.kind === KIND.one ? 1 : it.kind === KIND.two ? 2 : 3;', ['it.kind 3']],
  ["return of === 'a' ? 1 : 3;", ['of 3 alone']],
  ["return two === 'a' ? 1 : two === 'b' ? 2 : 3;", []],
  ["return of === 'a' ? 1 : other === 'b' ? 2 : 3;", ['of 3 alone', 'other 3 alone']],
  ["return word === 'a' ? 1 : word === 'b' ? 2 : 3;", []],
  ["switch (of) {\n    case 'a':\n      return 1;\n    case 'b':\n    case 'c':\n      return 2;\n  }", []],
])('%s: %j', (body, want) => {
  const folder = mkdtempSync(directory.file('case'));
  const config = join(folder, 'tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({ compilerOptions: { strict: true, types: [], noLib: false }, files: ['x.ts'] }),
  );
  writeFileSync(
    join(folder, 'x.ts'),
    `const KIND = { one: 1, two: 2, three: 3 } as const;
type Kind = (typeof KIND)[keyof typeof KIND];
type Of = 'a' | 'b' | 'c';
export function f(of: Of, other: Of, two: 'a' | 'b', word: string, it: { kind: Kind }): number {
  ${body}
}
`,
  );
  expect(
    cascadesIn(config, folder).map(
      ({ expression, members, isLone }) => `${expression} ${members}${isLone ? ' alone' : ''}`,
    ),
  ).toEqual(want);
});
