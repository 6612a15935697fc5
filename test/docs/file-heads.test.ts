/** Each file of src opens with what it is for, and with one thing that it leaves to others: CONTRIBUTING.md, "One idea a file". */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

const HEAD = /^(?:#!.*\n)?\/\*\*([^]*?)\*\//;
/** `It must not …`, or a sentence that begins with who or what does something, and says that it does not. */
const MUST_NOT = /\bmust (?:not|never|neither|know n)/;
const SUBJECT = /^(?:it|they|nothing|nobody|no|never|none|not)\b/i;
const DENIES = /\b(?:not|never|nothing|nobody|none|no|neither|nor|only|alone|without)\b/i;

/** @returns the sentences of a file's first comment; of a file that begins with code none. Pictures are indented, and no sentences. */
function headOf(text: string): readonly string[] {
  const [, comment = ''] = HEAD.exec(text) ?? [];
  const lines = comment.split('\n').map((line) => line.replace(/^ ?\*/, ''));
  const words = lines.filter((line) => !line.startsWith('   ')).join(' ');
  return words
    .replaceAll(/\s+/g, ' ')
    .trim()
    .split(/(?<=[.:;]) /)
    .filter((sentence) => sentence !== '');
}

function leavesSomething(sentence: string): boolean {
  return MUST_NOT.test(sentence) || (SUBJECT.test(sentence) && DENIES.test(sentence));
}

/** @returns why the head does not do; null if it does. */
function faultOf(text: string): string | null {
  const sentences = headOf(text);
  const [first] = sentences;
  if (first === undefined) return 'has no head';
  if (leavesSomething(first) && sentences.length === 1) return 'does not say what it is for';
  return sentences.some(leavesSomething) ? null : 'does not say what it must not do';
}

const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(?:ts|mjs|js)$/.test(name),
);

describe('the head of a file', () => {
  test('is there in every file of src, and has both parts', () => {
    expect(files.length).toBeGreaterThan(500);
    const faults = files.map((name) => `${name} ${faultOf(readFileSync(join(ROOT, 'src', name), 'utf8')) ?? ''}`);
    expect(faults.filter((fault) => !fault.endsWith(' '))).toEqual([]);
  });

  test.each([
    { head: '', want: 'has no head' },
    { head: "import { a } from 'b';\n/** It must not be here. */", want: 'has no head' },
    { head: '/** It must not print. */', want: 'does not say what it is for' },
    { head: '/** Words for people. */', want: 'does not say what it must not do' },
    {
      head: '/**\n * Words.\n *\n *   It must not count ─▶ in a picture\n */',
      want: 'does not say what it must not do',
    },
    { head: '/** Words for people. It must not print. */', want: null },
    { head: '/** Words for people: nothing of a list is in them. */', want: null },
    { head: '#!/usr/bin/env node\n/**\n * Words for people; it\n * must never print.\n */', want: null },
  ])('$head: $want', ({ head, want }) => {
    expect(faultOf(`${head}\nconst code = 1;\n`)).toBe(want);
  });
});
