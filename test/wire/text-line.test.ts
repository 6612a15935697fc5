/** One line at a time; in their places among others: line-gate.test.ts. */
import { describe, expect, test } from '@jest/globals';
import {
  endOfLine,
  hasHttpWord,
  isBinary,
  isBlankLine,
  isFolded,
  hostFields,
  isHttpAmongBytes,
  isHttpLine,
  isUnlined,
  namedBySlashes,
  namesInUrls,
} from '../../src/wire/text-line.ts';
import { share } from '../support/share.ts';

test.each([
  ['//a.example/page', { host: 'a.example', path: '/page' }],
  ['//a.example', { host: 'a.example', path: '' }],
  ['//u@a.example:80?q', { host: 'a.example', path: '?q' }],
  ['///page', null],
  ['/page', null],
  ['//..', null],
])('%j is named by slashes', (target, named) => {
  expect(namedBySlashes(target)).toEqual(named);
});

test.each([
  ['Host: abcdef', 'xabcdef'],
  ['Host      :abcde', 'Host :abcde'],
  ['          abcdef', ' abcdef'],
  ['x\r         abcdef', ' abcdef'],
  ['x          abcdef', 'x abcdef'],
  ['Host: x    abcdef', 'xabcdef'],
  ['xxxxxxHos\rabcdef', ' abcdef'],
])('%j ends in %j', (line, end) => {
  expect(endOfLine(line, 6)).toBe(end);
});

describe('work is bounded by the length of a line', () => {
  const LENGTH = 200_000;
  const readers = {
    endOfLine: (line: string) => endOfLine(line, 2048),
    hasHttpWord,
    isBinary,
    isBlankLine,
    isFolded,
    hostFields: (line: string) => hostFields(line, null),
    foldedHostFields: (line: string) => hostFields(line, line),
    isHttpAmongBytes,
    isHttpLine,
    isUnlined,
    namedBySlashes,
    namesInUrls,
  };
  const units = [
    ' ',
    'a',
    'a ',
    ':',
    '://',
    '//',
    '/',
    'x ://',
    '\r',
    'host:\r',
    'host:',
    ' host :',
    'HTTP',
    'rtsp://',
    '\0',
    '@',
    ',',
    'a.b@',
    'get ',
    '\x85',
    '1:',
  ];
  const begun = ['', 'x ', '\0 ', '\0 /', 'x rtsp://', 'host:', '//'];

  test.each(share(units, 2).map((unit) => ({ name: JSON.stringify(unit), unit })))('$name', ({ unit }) => {
    // What is quadratic takes minutes, and does not end within the time of a test.
    const lines = begun.map((beginning) => `${beginning}${unit.repeat(LENGTH / unit.length)}\x01!`);
    const read = lines.flatMap((line) => Object.values(readers).map((reader) => reader(line)));
    expect(read).toHaveLength(begun.length * Object.keys(readers).length);
  });
});
