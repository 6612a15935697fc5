/** One fault for one mistake, at its place, in words that say what would be right. */
import { describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';
import { syntaxFaults } from '../../src/config/syntax-faults.ts';

const SOUND = `listeners:
  - name: explicit
    mode: explicit
    port: 3128
admin:
  address: 127.0.0.1
lists:
  - name: own
    source: ./own.txt
    action: block
workers: 2
`;

function faults(yaml: string): readonly string[] {
  return faultsInFull(yaml).map((fault) => fault.replace(/ \(the rest of this section, to line \d+, is not .+\)$/, ''));
}

function faultsInFull(yaml: string): readonly string[] {
  const loaded = parseConfig(yaml, 'f', {});
  return loaded.ok ? [] : loaded.faults.map(formatDiagnostic);
}

test('the file has no fault before a mistake is made in it', () => {
  expect(faults(SOUND)).toEqual([]);
});

// Was a bug: what was left of the file was read once more for each of them, one within the other, until there was no stack.
test('errors that each hide the next one are no error of the program', () => {
  for (const text of [`\n- \n${'@@\r\n'.repeat(6000)}`, `%20% CNAME .\n${'||\\" CNAME .\n'.repeat(7000)}`])
    expect(faults(text).length).toBeGreaterThan(0);
});

describe('one mistake, one fault', () => {
  test.each([
    ['no colon', 'mode: explicit', 'mode explicit', "f:3:5: has no colon; write 'key: value'"],
    ['no colon in the last line', 'workers: 2', 'workers 2', "f:11:1: has no colon; write 'key: value'"],
    ['no space after the colon', 'mode: explicit', 'mode:explicit', 'f:3:5: a space must follow the colon'],
    ['a tab', '    mode', '\tmode', 'f:3:1: tabs are not allowed as indentation; use spaces'],
    [
      'indented too little',
      '    mode',
      '   mode',
      "f:3:4: starts left of the other keys of its list item, and has no '-' of its own",
    ],
    [
      'indented too far',
      '    mode',
      '      mode',
      'f:3:7: is indented further than the line above, whose key has a value already',
    ],
    ['a section indented', 'admin:', ' admin:', 'f:5:2: must start at the same column as the keys above it'],
    ['a quote left open', './own.txt', '"./own.txt', 'f:9:13: this " has no closing "'],
    ['a single quote left open', './own.txt', "'./own.txt", "f:9:13: this ' has no closing '"],
    ['a brace left open', '- name: explicit\n', '- { name: explicit\n', 'f:2:5: this { has no closing }'],
    ['a bracket left open', 'workers: 2', 'workers: [1, 2', 'f:11:10: this [ has no closing ]'],
    // Was a fault: the first key of the file was told to start elsewhere.
    ['a brace too many', 'mode: explicit', 'clientField: {}}', 'f:3:20: this } closes nothing'],
    ['a bracket too many above others', '\nworkers: 2', '\nworkers: [2]]\nlog: {}', 'f:11:13: this ] closes nothing'],
    ['a bracket too many', 'workers: 2', 'workers: 2\nx: [1]]', 'f:12:7: this ] closes nothing'],
    ['a colon in a value', './own.txt', 'a: b: c', "f:9:13: a value with ': ' in it must be in quotes"],
    ['a reserved sign', './own.txt', '@own', "f:9:13: a value that starts with '@' must be in quotes"],
    [
      'a backslash in double quotes',
      './own.txt',
      '"C:\\path\\own"',
      'f:9:16: is no escape in double quotes; in single quotes a backslash stands for itself',
    ],
    [
      'an alias of nothing',
      './own.txt',
      '*.example',
      "f:9:13: no '&' with this name comes before; a value with '*' must be in quotes",
    ],
    [
      'a comment without blank',
      './own.txt',
      '"./own"#own',
      "f:9:20: a blank must come before '#'; a value with '#' in it must be in quotes",
    ],
    [
      'a list behind its key',
      'mode: explicit',
      'mode: - explicit',
      'f:3:11: a list starts on a line of its own below its key, or is written [a, b]',
    ],
    ['a merge', 'admin:', '<<<<<<< HEAD\nadmin:', 'f:5:1: is the mark of a merge that was not finished'],
    // Were faults: each key below it was told instead, what stands above a mark was said to be empty, and what stands below it to be wrong.
    [
      'the first key indented',
      'listeners:',
      ' listeners:',
      'f:1:2: must start at the same column as the keys below it',
    ],
    [
      'the first key an item',
      'listeners:',
      '- listeners:',
      "f:1:1: has a '-' before it, and the keys below it have none",
    ],
    [
      'a merge within a section',
      '  address',
      '=======\n  address',
      'f:6:1: is the mark of a merge that was not finished',
    ],
    ['the end of a merge', 'admin:', '>>>>>>> other\nadmin:', 'f:5:1: is the mark of a merge that was not finished'],
  ])('%s', (_, sound, wrong, want) => {
    expect(SOUND).toContain(sound);
    expect(faults(SOUND.replace(sound, wrong))).toEqual([want]);
  });
});

test('two mistakes in two sections are two faults', () => {
  expect(faults(SOUND.replace('mode: explicit', 'mode explicit').replace('./own.txt', '"./own.txt'))).toEqual([
    "f:3:5: has no colon; write 'key: value'",
    'f:9:13: this " has no closing "',
  ]);
});

describe('after a mistake of syntax', () => {
  test('the fault says how far nothing is checked, where there is more', () => {
    const [there, nothing] = faultsInFull(
      SOUND.replace('mode: explicit', 'mode explicit').replace('workers: 2', 'workers 2'),
    );
    expect(there).toBe(
      "f:3:5: has no colon; write 'key: value' (the rest of this section, to line 4, is not checked until then)",
    );
    expect(nothing).toBe("f:11:1: has no colon; write 'key: value'");
  });

  test('the other sections are checked all the same', () => {
    const wrong = SOUND.replace('mode: explicit', 'mode explicit')
      .replace('workers: 2', 'workers: -1\nwokers: 2')
      .replace('action: block', 'action: blok');
    expect(faults(wrong)).toEqual([
      "f:3:5: has no colon; write 'key: value'",
      expect.stringMatching(/^f:10:13: lists\[0\]\.action: /),
      expect.stringMatching(/^f:11:10: workers: /),
      expect.stringMatching(/^f:12:1: wokers: .*workers/),
    ]);
  });

  test('and what is missing there is not said to be missing', () => {
    expect(faults(SOUND.replace('- name: own', '- name own'))).toEqual(["f:8:5: has no colon; write 'key: value'"]);
    expect(faults(SOUND.replace('listeners:', 'listeners'))).toEqual([expect.stringMatching(/^f:[12]:\d+: /)]);
  });

  test('nothing is guessed of a file in one piece, or of one whose other parts need that one', () => {
    expect(faults(`{ "workers": -1, "admin": { "port" 1 }\n}\n`)).toHaveLength(1);
    expect(faults('x: &a [1\nlists: *a\nworkers: -1\n')).toHaveLength(1);
  });

  test('the lists of a sound section can be looked at', () => {
    const loaded = parseConfig(SOUND.replace('mode: explicit', 'mode explicit'), 'f', {});
    expect(loaded.ok ? null : loaded.sound?.listIndexes).toEqual([0]);
  });
});

test('a fault of the parser that has no words here is told whole', () => {
  const [fault = ''] = faults('a: |x\n b\n');
  expect(fault).toMatch(/^f:1:5: Block scalar header includes extra characters$/);
  expect(faults('a: [{ a: 1 }, , b]\n')).toEqual(['f:1:15: Unexpected , in flow sequence']);
});

// Was a bug: it was told as an item without its '-'.
test.each([
  ['--- - a\n', 'f:1:5: Block collection cannot start on same line with directives-end marker'],
  ['%YAML 1.2\n- a\n', 'f:2:1: Missing directives-end/doc-start indicator line'],
])('a sign of a document that is missing before a list (%j) is no missing item', (yaml, fault) => {
  expect(faults(yaml)[0]).toContain(fault);
});

describe('of a file that is not read whole', () => {
  test('the other sections are checked where the first key stands elsewhere, and it is not said to be missing', () => {
    const wrong = SOUND.replace('listeners:', ' listeners:').replace('action: block', 'action: blok');
    expect(faults(wrong)).toEqual([
      'f:1:2: must start at the same column as the keys below it',
      expect.stringMatching(/^f:10:13: lists\[0\]\.action: /),
    ]);
  });
});

test('by itself: faults are in order, and keys given twice are among them', () => {
  const document = parseDocument('a: "x\nb: 1\n', { prettyErrors: false });
  const repeated = [{ offset: 0, message: 'twice' }];
  expect(syntaxFaults('a: "x\nb: 1\n', document, repeated).map(({ offset }) => offset)).toEqual([0, 3]);
  expect(syntaxFaults('a: 1\n', parseDocument('a: 1\n'), repeated)).toEqual(repeated);
});
