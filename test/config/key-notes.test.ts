import { expect, test } from '@jest/globals';
import { keyNotes } from '../../src/config/key-notes.ts';

const TEXT = `# Of the file.

# Before a section,
# in two lines.
section:
  first: 1           # of the first,
                     # in two lines
  second: "# none"   # of the second
  silent: 2
#   section:
#     second: [a, b] # of the example
#     auth: { basic: ./p }   # of what is in it

# Before examples.
#   many:
#     - name: a      # of each
#       empty: null  # of none
#     - name: b
many: []
`;

test('comments and examples, by key', () => {
  expect(Object.fromEntries(keyNotes(TEXT, '#   '))).toEqual({
    section: { text: 'Before a section, in two lines.', examples: [] },
    'section.first': { text: 'of the first, in two lines', examples: [] },
    'section.second': { text: 'of the second\nof the example', examples: [['a', 'b']] },
    'section.silent': { text: '', examples: [] },
    'section.auth.basic': { text: 'of what is in it', examples: [] },
    many: { text: 'Before examples.', examples: [] },
    'many[].name': { text: 'of each', examples: ['a', 'b'] },
    'many[].empty': { text: 'of none', examples: [] },
  });
});
