import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { resolve } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { controlSocketOf, placesIn } from '../../src/config/control-place.ts';
import { parseConfig } from '../../src/config/load.ts';
import { statePlaces } from '../../src/config/state-places.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ENVIRONMENT = { HOME: '/home/operator' };
const FILE = '/etc/cleanfeed/cleanfeed.yaml';

/** What reads the whole file says; undefined: its syntax is broken, so that no instance can run on it. */
function reference(text: string): string | undefined {
  const loaded = parseConfig(text, FILE, ENVIRONMENT);
  if (!loaded.ok && loaded.faults.some(({ key }) => key === '')) return undefined;
  return (loaded.ok ? loaded.config : loaded.sound?.config)?.control.socket;
}

/** Undefined: not certain. */
function quickly(text: string): string | undefined {
  const places = placesIn(text);
  return places === null ? undefined : statePlaces(places, FILE, ENVIRONMENT).socket;
}

describe('control place', () => {
  test.each([
    { name: 'neither', text: 'workers: 2\n' },
    { name: 'a directory', text: 'state:\n  directory: ./state\n' },
    { name: 'a directory in quotes, with a comment', text: 'state:\n  # here\n  directory: "/var/lib/x" # there\n' },
    { name: 'in one line', text: 'state: { directory: /var/lib/x } # there\nworkers: 2\n' },
    { name: 'both', text: 'state: { directory: /var/lib/x }\ncontrol:\n  socket: /run/x/control.sock\n' },
    { name: 'empty sections', text: 'state:\ncontrol: # none\n' },
    {
      name: 'lists in the first column',
      text: 'lists:\n- name: own\n  source: ./own.txt\nstate: { directory: ./s }\n',
    },
    {
      name: 'a text of several lines before',
      text: 'page:\n  reason: |\n    state:\n      directory: /no\nworkers: 2\n',
    },
    { name: 'JSON', text: '{ "state": { "directory": "./state" }, "workers": 2 }' },
    { name: 'JSON, null', text: '{ "state": { "directory": null }, "control": { "socket": "a b" } }' },
  ])('$name: it says at once what the whole file says', ({ text }) => {
    expect(quickly(text)).toBeDefined();
    expect(quickly(text)).toBe(reference(text));
  });

  test.each([
    { name: 'an anchor', text: 'control: &c\n  socket: /run/x\n' },
    { name: 'an alias', text: 'state: *c\n' },
    { name: 'a merge', text: '<<: { state: { directory: /x } }\n' },
    { name: 'a key in quotes', text: '"control":\n  socket: /run/x\n' },
    { name: 'a document mark', text: '---\nstate: { directory: /x }\n' },
    { name: 'a key that is given twice', text: 'state: { directory: /x }\nstate: { directory: /y }\n' },
    { name: 'a second key of a section', text: 'state:\n  directory: /x\n  other: /y\n' },
    { name: 'a path of two lines', text: 'state:\n  directory: /x\n    /y\n' },
    { name: 'a path that may be a number', text: 'state: { directory: 12 }\n' },
    { name: 'an escape', text: 'state:\n  directory: "/x\\x41"\n' },
    { name: 'a tab', text: 'state:\n\tdirectory: /x\n' },
    { name: 'YAML in braces', text: '{ state: { directory: /x } }' },
    { name: 'JSON with another kind of value', text: '{ "state": { "directory": 1 } }' },
    { name: 'JSON with a key that is not known there', text: '{ "state": { "directory": "/x", "more": 1 } }' },
    { name: 'JSON in which a section is none', text: '{ "state": "/x" }' },
  ])('$name: it says nothing', ({ text }) => {
    expect(placesIn(text)).toBeNull();
  });

  test('it never says other than the whole file', () => {
    const value = fc.constantFrom(
      '/x',
      './y',
      '"/z"',
      "'/q'",
      'name',
      '12',
      'null',
      '',
      '"/a',
      '&a /x',
      '*a',
      '|',
      '[/x]',
      '{}',
    );
    const key = fc.constantFrom('directory', 'socket', 'other');
    const section = fc.constantFrom('state', 'control', 'workers', 'page', '"state"', '- a', '<<', '---', '#state');
    const inner = fc
      .tuple(fc.constantFrom(' ', '  ', '    ', '', '# ', ' # '), key, value)
      .map(([indent, name, said]) => `${indent}${name}: ${said}`);
    const head = fc
      .tuple(section, fc.constantFrom('', ' ', ' # note', ' { directory: /x }', ' { socket: ./s }', ' {', ' >', ' 2'))
      .map(([name, rest]) => `${name}:${rest}`);
    const line = fc.oneof(inner, head, fc.constantFrom('', '#', '}', '  operator: "text', '  text"', '  - a'));
    let certain = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const text = lines.join('\n');
        const said = quickly(text);
        const meant = said === undefined ? undefined : reference(text);
        if (said === undefined || meant === undefined) return;
        certain += 1;
        expect(said).toBe(meant);
      }),
      { numRuns: 3000 },
    );
    expect(certain).toBeGreaterThan(20);
  });

  test('of a file it is an absolute path; of what can be read once, too large, or not there, nothing', async () => {
    using directory = temporaryDirectory();
    writeFileSync(directory.file('cleanfeed.yaml'), 'control: { socket: ./run/c.sock }\n');
    expect(await controlSocketOf(directory.file('cleanfeed.yaml'))).toBe(resolve(directory.file('run/c.sock')));
    mkdirSync(directory.file('folder'));
    writeFileSync(directory.file('large.yaml'), `#${'x'.repeat(1024 * 1024)}\n`);
    for (const name of ['missing.yaml', 'folder', 'large.yaml'])
      expect(await controlSocketOf(directory.file(name))).toBeNull();
    expect(await controlSocketOf('-')).toBeNull();
  });
});

test('a path of as many characters as the schema takes, and of one more', () => {
  const texts = (length: number): readonly string[] => [
    `control: { socket: /${'x'.repeat(length - 1)} }\n`,
    JSON.stringify({ control: { socket: `/${'x'.repeat(length - 1)}` } }),
  ];
  for (const text of texts(4096)) expect(quickly(text)).toBe(reference(text));
  for (const text of texts(4096)) expect(quickly(text)).toBeDefined();
  for (const text of texts(4097)) expect(quickly(text)).toBeUndefined();
});
