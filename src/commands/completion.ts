/**
 * `cleanfeed completion SHELL`: the script by which a shell completes the command line, made of the command line itself
 * (command-tree.ts). It holds every command and option: a key press starts no program. It must not name a command.
 */
import type { Argument, Command, Option } from 'commander';
import type { Flag, Place, Value } from './completion-place.ts';
import { bashScript } from './completion-bash.ts';
import { fishScript } from './completion-fish.ts';
import { zshScript } from './completion-zsh.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS: Readonly<Record<Shell, (places: readonly Place[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};
const HELP: Flag = { names: ['-h', '--help'], description: 'display help for command', value: null };
/** Names of values in help texts. */
const FILES: ReadonlySet<string> = new Set(['file', 'path', 'source', 'text list', 'change set', 'head']);
const FOLDERS: ReadonlySet<string> = new Set(['folder']);

export function completionScript(shell: Shell, program: Command): string {
  return SCRIPTS[shell](placesOf(program, ''));
}

function placesOf(command: Command, path: string): readonly Place[] {
  const place: Place = {
    path,
    commands: command.commands.map((one) => ({ name: one.name(), description: one.description() })),
    flags: [...command.options.map(flagOf), HELP],
    values: command.registeredArguments.map((argument) => valueOf(argument.name(), argument)),
  };
  return [place].concat(command.commands.flatMap((one) => placesOf(one, `${path} ${one.name()}`.trimStart())));
}

function flagOf(option: Option): Flag {
  const [, name] = /<(.*?)(?:\.\.\.)?>/.exec(option.flags) ?? [];
  return {
    names: [option.short, option.long].filter((one) => typeof one === 'string'),
    description: option.description,
    value: name === undefined ? null : valueOf(name, option),
  };
}

function valueOf(name: string, { argChoices, variadic }: Pick<Argument | Option, 'argChoices' | 'variadic'>): Value {
  const words = argChoices ?? [];
  const kind = words.length > 0 ? 'words' : FILES.has(name) ? 'file' : FOLDERS.has(name) ? 'folder' : 'unknown';
  return { name, kind, words, isMany: variadic };
}
