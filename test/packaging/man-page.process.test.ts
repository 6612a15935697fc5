/** The man page beside the program: each command has its section there, with every option and argument. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { everyCommand } from '../../src/commands/command-line.ts';
import { commandTree } from '../../src/commands/command-tree.ts';

const PAGE = join(import.meta.dirname, '../../packaging/man-page.ts');
const { stdout, stderr } = spawnSync(process.execPath, [PAGE, '0'], { encoding: 'utf8' });
const [head = '', ...sections] = stdout.replaceAll(String.raw`\-`, '-').split('\n.Ss cleanfeed ');
const byCommand = new Map(sections.map((text) => [text.slice(0, text.indexOf('\n')), text]));
const commands = everyCommand(commandTree('0', () => {})).filter(({ command }) => command.commands.length === 0);

test('a section for each command that does something, and for no other', () => {
  expect(stderr).toBe('');
  expect(head).toContain('.Dd 1970-01-01');
  expect([...byCommand.keys()].toSorted()).toEqual(commands.map(({ path }) => path).toSorted());
});

describe.each(commands)('$path', ({ path, command }) => {
  test('its options and arguments', () => {
    const text = byCommand.get(path) ?? '';
    const flags = command.options.map((option) => `  ${option.flags}`);
    const values = command.registeredArguments.map((one) =>
      one.required ? `<${one.name()}${one.variadic ? '...' : ''}>` : `[${one.name()}]`,
    );
    expect([...flags, ...values].filter((one) => !text.includes(one))).toEqual([]);
  });
});
