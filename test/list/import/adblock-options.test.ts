/** Where the options of an ad blocker's rule begin: as one expression says it, which takes with the square of the line. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isRegex, splitOptions } from '../../../src/list/import/adblock-options.ts';

const OPTIONS = /\$(~?[a-z0-9_-]+(?:=[^,]*)?(?:,~?[a-z0-9_-]+(?:=[^,]*)?)*)$/i;

function reference(rule: string): ReturnType<typeof splitOptions> {
  const found = OPTIONS.exec(rule);
  if (found === null || (isRegex(rule) && !isRegex(rule.slice(0, found.index)))) return { body: rule, options: [] };
  return { body: rule.slice(0, found.index), options: (found[1] ?? '').toLowerCase().split(',') };
}

test('as the expression says it', () => {
  const piece = fc.constantFrom(
    '$',
    '$',
    ',',
    ',',
    '=',
    '~',
    'a',
    'B-1',
    '_',
    '/',
    '^',
    '|',
    '.',
    ' ',
    'script',
    '\u00e9',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      expect(splitOptions(pieces.join(''))).toEqual(reference(pieces.join('')));
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  ['||a.example^$script', '||a.example^', ['script']],
  [
    '||a.example/$x/y$domain=b.example|~c.example,~Third-Party',
    '||a.example/$x/y',
    ['domain=b.example|~c.example', '~third-party'],
  ],
  ['||a.example^$csp=a$b,c', '||a.example^', ['csp=a$b', 'c']],
  ['/a$/', '/a$/', []],
  ['/a$b/$script', '/a$b/', ['script']],
  ['||a.example^$script,', '||a.example^$script,', []],
  ['||a.example^', '||a.example^', []],
])('%s', (rule, body, options) => {
  expect(splitOptions(rule)).toEqual({ body, options });
});

// Was a fault: it took with the square of the length.
test('however long a line is, and whatever it repeats', () => {
  for (const unit of ['$a=', '$a=,', '$', '$a,', ',a=$', '~', '$a$'])
    expect(splitOptions(`${unit.repeat(1_000_000)},,`).options).toEqual([]);
});
