import { expect, test } from '@jest/globals';
import { ANSWER, AnswerGate, HTTP_ANSWER, TLS_ANSWERS, type Prefix } from '../../src/wire/answer-gate.ts';

/** What the pieces are found to be, and what is held behind the last but one. */
function found(prefixes: readonly Prefix[], pieces: readonly string[]): readonly [number, string] {
  const gate = new AnswerGate(prefixes);
  let state: number = ANSWER.more;
  let held = '';
  for (const [i, piece] of pieces.entries()) {
    // What is held goes on here: what follows is compared all the same.
    if (i === pieces.length - 1) held = Buffer.from(gate.takeHeld()).toString('latin1');
    const bytes = Buffer.from(`${piece}behind`, 'latin1');
    state = gate.read(bytes, piece.length);
  }
  return [state, held];
}

const { more, over } = ANSWER;

test.each([
  [['HTTP/1.1 200'], ANSWER.found, ''],
  [['HTTP/'], ANSWER.found, ''],
  [['HTTP'], more, ''],
  [['H', 'T', 'T', 'P', '/'], ANSWER.found, 'HTTP'],
  [['HTTQ'], over, ''],
  [['HT', 'ML'], over, 'HT'],
  [['HTT', ''], more, 'HTT'],
  [['http/'], over, ''],
  [[' HTTP/'], over, ''],
  [['\x16\x03'], over, ''],
  [['220 HTTP/', 'HTTP/'], over, ''],
  [[''], more, ''],
])('HTTP: %j', (pieces, state, held) => {
  expect(found([HTTP_ANSWER], pieces)).toEqual([state, held]);
});

test.each([
  [['\x15\x03'], ANSWER.found, ''],
  [['\x16', '\x03\x03'], ANSWER.found, '\x16'],
  [['\x16', '\x02'], over, '\x16'],
  [['\x14\x03'], over, ''],
  [['HTTP/'], ANSWER.found, ''],
])('HTTP or TLS: %j', (pieces, state, held) => {
  expect(found([HTTP_ANSWER, ...TLS_ANSWERS], pieces)).toEqual([state, held]);
});

test('what has gone on is not held a second time', () => {
  const gate = new AnswerGate([HTTP_ANSWER]);
  const held = ['H', 'TT', 'P'].map((piece) => {
    gate.read(Buffer.from(piece), piece.length);
    return Buffer.from(gate.takeHeld()).toString();
  });
  expect([held, gate.takeHeld().length, gate.read(Buffer.from('/'), 1)]).toEqual([['H', 'TT', 'P'], 0, ANSWER.found]);
});

test('whoever looks for nothing finds nothing', () => {
  expect(found([], ['HTTP/'])).toEqual([over, '']);
});
