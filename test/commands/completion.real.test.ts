/**
 * What bash, zsh and fish offer with the scripts of `cleanfeed completion`, asked in the shells themselves: at each command the commands below it, its
 * options, the words that a value may be, and files where a file is wanted. Compared with the command line of the program.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync, readFileSync, mkdirSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import type { Command, Option } from 'commander';
import { everyCommand } from '../../src/commands/command-line.ts';
import { commandTree } from '../../src/commands/command-tree.ts';
import { completionScript, type Shell } from '../../src/commands/completion.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';
import { onTerminal } from '../support/terminal.ts';
import { cleanfeed, endAll } from './cli-process.ts';

type Answers = ReadonlyMap<string, readonly string[]>;

const program = commandTree('0', () => {});
const places = [{ path: '', command: program }, ...everyCommand(program)];
/** What is typed → what is offered, in no order. */
const wanted: Answers = new Map(places.flatMap(({ path, command }) => questionsAt(command, `cleanfeed ${path} `)));
const asked = [...wanted.keys()];

afterAll(endAll);

test('there are questions of each kind', () => {
  expect(asked.length).toBeGreaterThan(100);
  expect(wanted.get('cleanfeed list ')).toEqual(['compile', 'lint', 'stats', 'import']);
  expect(wanted.get('cleanfeed list lint --suffixes ')).toEqual(['refuse', 'warn']);
  expect(wanted.get('cleanfeed list stats -')).toEqual(['--json', '-h', '--help']);
});

test.each(['bash', 'zsh', 'fish'] as const)('cleanfeed completion %s prints the script', async (shell) => {
  expect(await cleanfeed(['completion', shell])).toMatchObject({
    code: 0,
    stderr: '',
    stdout: completionScript(shell, program),
  });
});

describeWith(['bash'])('bash', () => {
  test('offers what the program has', () => {
    using folder = folderWith('bash');
    const { answers, stderr } = askBash(folder, asked);
    expect({ stderr, answers: sorted(answers) }).toEqual({ stderr: '', answers: sorted(wanted) });
  });

  test('on a terminal: a command, an option with =, a file, and no file where a word is wanted', async () => {
    using folder = folderWith('bash');
    await using terminal = onTerminal(['bash', '--norc', '--noprofile', '-i'], {
      cwd: folder.path,
    });
    await terminal.until(/bash-[\d.]+[#$] /);
    const lines = [
      ['cleanfeed che', 'cleanfeed check '],
      ['cleanfeed check -c fol', 'cleanfeed check -c folder/'],
      ['cleanfeed list lint --suffixes=re', 'cleanfeed list lint --suffixes=refuse '],
      ['cleanfeed publish init -r fo', 'cleanfeed publish init -r folder/'],
      ['cleanfeed explain --client fo', 'cleanfeed explain --client fo'],
    ] as const;
    // Ctrl-U takes the line away: nothing runs.
    const typed = lines.map(([line]) => `${line}\t#end\u0015`);
    terminal.type(`bind 'set enable-bracketed-paste off'; source ./script\n${typed.join('')}exit\n`);
    await terminal.ended;
    const shown = terminal.output().replaceAll('\u0007', '');
    expect(lines.filter(([, completed]) => !shown.includes(`${completed}#end`))).toEqual([]);
  });
});

describeWith(['fish'])('fish', () => {
  test('offers what the program has', () => {
    using folder = folderWith('fish');
    writeFileSync(folder.file('asked'), asked.join('\n'));
    const { stdout, stderr } = spawnSync(
      'fish',
      ['--no-config', '-c', 'source ./script; for line in (cat asked); echo "? $line"; complete -C $line; end'],
      { cwd: folder.path, encoding: 'utf8', env: { ...process.env, HOME: folder.path } },
    );
    const answers = answersIn(stdout.replaceAll(/\t.*$/gm, ''));
    expect({ stderr, answers: sorted(withoutFiles(answers)) }).toEqual({ stderr: '', answers: sorted(wanted) });
    expect(answers.get('cleanfeed list stats ')).toContain('folder/');
    expect(answers.get('cleanfeed explain ')).toEqual([]);
  });
});

describeWith(['zsh'])('zsh', () => {
  test('offers what the program has', async () => {
    using folder = folderWith('zsh');
    const answers = await askZsh(folder);
    // Where nothing else can follow, it offers the options.
    const words = [...withoutFiles(answers)].map(([line, offered]) =>
      line.endsWith('-')
        ? ([line, offered] as const)
        : ([line, offered.filter((one) => !one.startsWith('-'))] as const),
    );
    expect(sorted(new Map(words))).toEqual(sorted(wanted));
    expect(answers.get('cleanfeed list stats ')).toContain('folder');
    expect(answers.get('cleanfeed explain ')).toEqual([]);
  });
});

function questionsAt(command: Command, words: string): readonly (readonly [string, readonly string[]])[] {
  const typed = words.replace('  ', ' ');
  const names = ({ short, long }: Option): readonly string[] => [short, long].filter((one) => typeof one === 'string');
  const below =
    command.commands.length > 0 ? command.commands.map((one) => one.name()) : choicesOf(command.registeredArguments);
  const values = command.options.flatMap((option) =>
    names(option).map((name) => [`${typed}${name} `, option.argChoices ?? null] as const),
  );
  const some: (readonly [string, readonly string[]])[] = [
    [typed, below],
    [`${typed}-`, [...command.options.flatMap(names), '-h', '--help']],
  ];
  return some.concat(values.flatMap(([line, choices]) => (choices === null ? [] : [[line, choices] as const])));
}

function choicesOf(taken: readonly { readonly argChoices?: readonly string[] | undefined }[]): readonly string[] {
  return taken.flatMap(({ argChoices }) => argChoices ?? []);
}

/** With the script, and a folder that may be offered. */
function folderWith(shell: Shell): TemporaryDirectory {
  const folder = temporaryDirectory();
  writeFileSync(folder.file('script'), completionScript(shell, program));
  mkdirSync(folder.file('folder'));
  return folder;
}

function askBash(
  folder: TemporaryDirectory,
  lines: readonly string[],
): { readonly answers: Answers; readonly stderr: string } {
  writeFileSync(folder.file('asked'), `${lines.join('\n')}\n`);
  const { stdout, stderr } = spawnSync(
    'bash',
    [
      '-c',
      `source ./script
while IFS= read -r line; do
  read -ra COMP_WORDS <<<"$line"
  [[ $line == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _cleanfeed
  printf '? %s\\n' "$line"
  printf '%s\\n' "\${COMPREPLY[@]}"
done <asked`,
    ],
    { cwd: folder.path, encoding: 'utf8' },
  );
  return { answers: answersIn(stdout), stderr };
}

/** A widget of the line editor asks for each line, and each match that is added is written down. */
async function askZsh(folder: TemporaryDirectory): Promise<Answers> {
  writeFileSync(folder.file('asked'), `${asked.join('\n')}\n`);
  writeFileSync(
    folder.file('.zshrc'),
    `PS1='ready> '
autoload -U compinit && compinit -u -D
source ./script
compadd() {
  local -a hits
  if [[ \${@[1,(i)(-|--)]} == *-[OAD]\\ * ]]; then builtin compadd "$@"; return; fi
  builtin compadd -A hits "$@"
  print -rl -- $hits >>answers
  builtin compadd "$@"
}
only() { _main_complete; compstate[list]=''; compstate[insert]=''; }
zle -C asked list-choices only
ask() {
  local line
  for line in "\${(@f)$(<asked)}"; do
    print -r -- "? $line" >>answers
    BUFFER=$line CURSOR=$#line
    zle asked
  done
  exit
}
zle -N ask
bindkey '^X' ask
`,
  );
  await using terminal = onTerminal(['zsh', '-i'], {
    cwd: folder.path,
    env: { ZDOTDIR: folder.path, HOME: folder.path },
  });
  await terminal.until(/ready> /);
  terminal.type('\u0018');
  await terminal.ended;
  return answersIn(readFileSync(folder.file('answers'), 'utf8'));
}

/** `? what was asked`, and what was offered, a line each. */
function answersIn(text: string): Answers {
  const [, ...blocks] = text.split(/^\? /m);
  return new Map(
    blocks.map((block) => {
      const [line = '', ...offered] = block.split('\n');
      return [line, [...new Set(offered.filter((one) => one !== ''))]] as const;
    }),
  );
}

function withoutFiles(answers: Answers): Answers {
  const files = new Set(['folder', 'folder/', 'script', 'asked', 'answers', '.zshrc']);
  return new Map([...answers].map(([line, offered]) => [line, offered.filter((one) => !files.has(one))] as const));
}

function sorted(answers: Answers): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...answers].map(([line, offered]) => [line, offered.toSorted()]));
}
