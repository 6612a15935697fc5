/**
 * How commands present themselves: help with what is required, examples and exit codes, and hints that name the command that was meant. It must not
 * know what a command does; what is said of each stands in help-texts.ts.
 */
import { Command } from 'commander';
import type { ErrorOptions, Option, ParseOptionsResult } from 'commander';
import { nearest } from '../lib/nearest.ts';
import { collected, mayBeEmpty } from './cli-options.ts';
import type { CommandHelp } from './command-help.ts';
import { HELP } from './help-texts.ts';

/** What people type who know other programs. */
const ALIASES: Readonly<Record<string, string>> = {
  start: 'serve',
  run: 'serve',
  stop: 'ctl drain',
  shutdown: 'ctl drain',
  restart: 'ctl reload',
  test: 'check',
  validate: 'check',
  verify: 'check',
  setup: 'init',
  pause: 'ctl bypass on',
  version: '--version',
};

/** A command whose hints look at the whole command line. */
export class CommandLine extends Command {
  /** Options with a value, each time they were given. */
  readonly #given: { readonly option: Option; readonly value: unknown }[] = [];

  constructor(name?: string) {
    super(name);
    this.configureHelp({
      optionDescription: (option) => {
        const { description, mandatory, defaultValue, argChoices } = option;
        const notes = [
          ...(mandatory ? ['required'] : []),
          ...(argChoices === undefined ? [] : [argChoices.join(' | ')]),
          ...(typeof defaultValue === 'string' ? [`default: ${defaultValue}`] : []),
        ];
        return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
      },
      commandUsage: (command) => usageOf(command),
    });
  }

  override createCommand(name?: string): CommandLine {
    return new CommandLine(name);
  }

  /** The library takes whatever comes next for the value of an option, and of one that is given again the last value alone. */
  override addOption(option: Option): this {
    super.addOption(option);
    if (option.isBoolean() || option.negate) return this;
    return this.on(`option:${option.name()}`, (value: unknown) => this.#given.push({ option, value }));
  }

  /** An option that is misspelt, has no value, or is given twice, is the fault, not that the one that was meant is missing. */
  override parseOptions(argv: string[]): ParseOptionsResult {
    this.#given.length = 0;
    const parsed = super.parseOptions(argv);
    if (parsed.unknown.some((word) => word === '--help' || word === '-h')) return parsed;
    this.#refuseMissingValue(argv);
    const [first = ''] = parsed.unknown;
    if (this.commands.length === 0 && first.startsWith('-')) return this.unknownOption(first);
    this.#refuseGivenTwice();
    return parsed;
  }

  /** `-o --json`: a file of that name is written `./--json`, or joined (`--output=--json`). `-o "$FILE"`, and there is no such variable. */
  #refuseMissingValue(argv: readonly string[]): void {
    // The value of a map may be empty, too.
    const empty = this.#given.find(
      ({ option: { parseArg }, value }) => value === '' && parseArg !== collected && parseArg !== mayBeEmpty,
    );
    if (empty !== undefined)
      this.error(`error: option '${empty.option.flags}' has an empty value`, {
        code: 'commander.optionMissingArgument',
      });
    const isFlag = (word: unknown): boolean => this.options.some(({ long, short }) => word === long || word === short);
    const isNext = ({ long, short }: Option, value: unknown): boolean =>
      argv.some((word, i) => (word === long || word === short) && argv[i + 1] === value);
    const found = this.#given.find(({ option, value }) => isFlag(value) && isNext(option, value));
    if (found === undefined) return;
    const { option, value } = found;
    this.error(`error: option '${option.flags}' has no value: '${String(value)}' comes next, which is an option`, {
      code: 'commander.optionMissingArgument',
    });
  }

  #refuseGivenTwice(): void {
    const once = new Set<Option>();
    for (const { option } of this.#given) {
      if (once.has(option))
        this.error(`error: option '${option.flags}' is given more than once`, { code: 'cleanfeed.givenTwice' });
      if (!option.variadic && option.parseArg !== collected) once.add(option);
    }
  }

  /** Every error names the help of the command that it is about. */
  override error(message: string, options?: ErrorOptions): never {
    this.showHelpAfterError(`(see ${namesOf(this).join(' ')} --help)`);
    return super.error(message, options);
  }

  /** Called by the library. */
  unknownCommand(): never {
    const [word = ''] = this.args;
    const meant = commandsMeant(word, this);
    const hint = meant.length === 0 ? '' : `\n(Did you mean ${meant.join(', or ')}?)`;
    return this.error(`error: unknown command '${word}'${hint}`, { code: 'commander.unknownCommand' });
  }

  /** Called by the library. A file without its option is what was meant for it. */
  missingMandatoryOptionValue({ flags, short }: Option): never {
    const [word] = this.args;
    const isFile = word !== undefined && this.registeredArguments.length === 0 && flags.endsWith('<file>');
    const hint = isFile ? `\n(Did you mean ${namesOf(this).join(' ')} ${short} ${word}?)` : '';
    return this.error(`error: required option '${flags}' not specified${hint}`, {
      code: 'commander.missingMandatoryOptionValue',
    });
  }

  /** Called by the library. */
  unknownOption(flag: string): never {
    const known = this.options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
    const near = nearest(flag, known);
    const isGroup = this.commands.length > 0;
    const hint =
      near !== null
        ? `\n(Did you mean ${near}?)`
        : isGroup
          ? '\n(Options come after the command that they are for)'
          : '';
    return this.error(`error: unknown option '${flag}'${hint}`, { code: 'commander.unknownOption' });
  }
}

/** Adds examples and exit codes to every command that does something. */
export function addHelp(program: Command): void {
  for (const { path, command } of everyCommand(program)) {
    const help = command.commands.length === 0 ? HELP[path] : undefined;
    if (help !== undefined) command.addHelpText('after', helpText(help));
  }
}

function helpText({ examples, exits }: CommandHelp): string {
  const codes = Object.entries({ 64: 'wrong command line', ...exits });
  return [
    '',
    'Examples:',
    ...examples.map((example) => `  cleanfeed ${example}`),
    '',
    'Exit codes:',
    // Objects have their numbers in order.
    ...codes.map(([code, means]) => `  ${code.padStart(3)}  ${means}`),
  ].join('\n');
}

/** Required options are part of what has to be typed. */
function usageOf(command: Command): string {
  const names = namesOf(command);
  const required = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => shortest(flags));
  const taken = command.registeredArguments.map((argument) => {
    const text = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${text}>` : `[${text}]`;
  });
  const rest = command.commands.length > 0 ? ['<command>'] : [];
  return [...names, ...rest, ...required, '[options]', ...taken].join(' ');
}

/** The words of a command line up to the command, the program's first. */
function namesOf(command: Command): readonly string[] {
  return command.parent === null ? [command.name()] : [...namesOf(command.parent), command.name()];
}

/** `-c, --config <file>` → `-c <file>`. */
function shortest(flags: string): string {
  const [, value = ''] = /( <.*)$/.exec(flags) ?? [];
  return `${/^-\w/.exec(flags)?.[0] ?? /--[\w-]+/.exec(flags)?.[0] ?? flags}${value}`;
}

/** Whole commands, so that they can be typed as they are. At most three. */
function commandsMeant(word: string, below: Command): readonly string[] {
  const root = rootOf(below);
  const all = everyCommand(root).map(({ path }) => path);
  const lastOf = (path: string): string => path.split(' ').at(-1) ?? '';
  const same = all.filter((path) => lastOf(path) === word);
  if (same.length > 0) return same.slice(0, 3).map(typed);
  const siblings = below.commands.map((command) => command.name());
  const sibling = nearest(word, siblings);
  if (sibling !== null) return [typed([...pathOf(below), sibling].join(' '))];
  const alias = ALIASES[word.toLowerCase()];
  if (alias !== undefined) return [typed(alias)];
  const near = nearest(word, all.map(lastOf));
  return near === null
    ? []
    : all
        .filter((path) => lastOf(path) === near)
        .slice(0, 3)
        .map(typed);
}

function typed(path: string): string {
  return `cleanfeed ${path}`;
}

function rootOf(command: Command): Command {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return root;
}

function pathOf(command: Command): readonly string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

export function everyCommand(root: Command): readonly { readonly path: string; readonly command: Command }[] {
  return root.commands.flatMap((command) => [{ path: pathOf(command).join(' '), command }, ...everyCommand(command)]);
}
