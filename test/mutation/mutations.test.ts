import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripTypeScriptTypes } from 'node:module';
import { expect, test } from '@jest/globals';
import { EQUIVALENT } from './equivalent.ts';
import { mutated, mutationsOf } from './mutations.ts';

const all = (source: string): readonly string[] => mutationsOf(source).map((one) => mutated(source, one));

test.each([
  { name: 'comparison', source: 'f(a < b);', want: [';', 'f(a <= b);', 'f(a >= b);'] },
  { name: 'equality', source: 'return_(a === b);', want: [';', 'return_(a !== b);'] },
  { name: 'logic', source: 'const x = a && b || c;', want: ['const x = a || b || c;', 'const x = a && b && c;'] },
  { name: 'default', source: 'const x = a ?? b;', want: ['const x = a;'] },
  { name: 'not', source: 'const x = !a;', want: ['const x = a;'] },
  { name: 'condition', source: 'const x = a ? b : c;', want: ['const x = true ? b : c;', 'const x = false ? b : c;'] },
  { name: 'branch', source: 'if (a) b();', want: ['if (true) b();', 'if (false) b();', 'if (a) ;'] },
  {
    name: 'literals',
    source: "const x = [true, 9, 'a', ''];",
    want: ['[false, 9', '[true, 10', "9, '', ", "'a', 'mutated'"],
  },
  { name: 'counting', source: 'for (;;) i++;', want: ['for (;;) ;', 'for (;;) i--;'] },
  { name: 'adding up', source: 'a += b;', want: [';', 'a -= b;'] },
  { name: 'leaving', source: 'for (;;) { break; }', want: ['for (;;) { ; }'] },
  {
    name: 'behind letters of several bytes',
    source: "/* → */ const x = 'é' === y;",
    want: ["/* → */ const x = '' === y;", "/* → */ const x = 'é' !== y;"],
  },
  {
    name: 'types, imports and names of properties',
    source: "import a from 'a'; type T = 'a' | 1; const x: 'b' = { 'c': d } as 3;",
    want: [],
  },
  { name: 'beside a type', source: 'const x = (1 as 2)!;', want: ['const x = (2 as 2)!;'] },
])('$name', ({ source, want }) => {
  const got = all(source);
  expect(got).toHaveLength(want.length);
  for (const [i, part] of want.entries()) expect(got[i]).toContain(part);
});

test('a mutation says where it is', () => {
  expect(mutationsOf('// →\nconst x = a < b;')[0]).toMatchObject({
    line: 2,
    was: '<',
    now: '<=',
    text: 'const x = a < b;',
  });
});

test('every mutation of a module is still a program', () => {
  const source = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'url', 'path.ts'), 'utf8');
  const programs = all(source);
  expect(programs.length).toBeGreaterThan(50);
  for (const program of programs) {
    expect(program).not.toBe(source);
    expect(() => stripTypeScriptTypes(program)).not.toThrow();
  }
});

test.each(EQUIVALENT)('$file has the line of a mutation that no test can see: $text', ({ file, text }) => {
  expect(readFileSync(join(import.meta.dirname, '..', '..', file), 'utf8')).toContain(text);
});
