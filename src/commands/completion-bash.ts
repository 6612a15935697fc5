/** The completion of bash (completion.ts). It must not need another script: bash-completion is not on every machine. */
import { shellQuoted } from '../lib/shell-quoted.ts';
import type { Place, Value } from './completion-place.ts';

export function bashScript(places: readonly Place[]): string {
  const below = places.flatMap(({ path, commands }) => commands.map(({ name }) => shellQuoted(`${path} ${name}`)));
  return String.raw`# bash completion of cleanfeed, made by: cleanfeed completion bash
_cleanfeed() {
  local cur=${'$'}{COMP_WORDS[COMP_CWORD]} prev=${'$'}{COMP_WORDS[COMP_CWORD - 1]} at='' words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${'$'}{COMP_WORDS[i]}" in
    ${below.join(' | ')}) at="${'$'}{at:+$at }${'$'}{COMP_WORDS[i]}" ;;
    *) break ;;
    esac
  done
  # --option=value comes in three words.
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=${'$'}{COMP_WORDS[COMP_CWORD - 2]}; fi
  case "$at:$prev" in
${places.flatMap(valuesOfFlags).join('\n')}
  *)
    case "$at:$cur" in
${places.map(flagsOf).join('\n')}
${places.map(wordsOf).join('\n')}
    esac
    ;;
  esac
  compopt +o default 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _cleanfeed cleanfeed
`;
}

function valuesOfFlags({ path, flags }: Place): readonly string[] {
  return flags.flatMap(({ names, value }) =>
    value === null ? [] : `  ${names.map((name) => shellQuoted(`${path}:${name}`)).join(' | ')}) ${offered(value)} ;;`,
  );
}

function flagsOf({ path, flags }: Place): string {
  return `    ${shellQuoted(`${path}:-`)}*) words=${shellQuoted(flags.flatMap(({ names }) => names).join(' '))} ;;`;
}

/** The first value that can be told, of several. */
function wordsOf({ path, commands, values }: Place): string {
  const value = values.find(({ kind }) => kind !== 'unknown');
  const offer =
    commands.length > 0 || value === undefined
      ? `words=${shellQuoted(commands.map(({ name }) => name).join(' '))}`
      : offered(value);
  return `    ${shellQuoted(`${path}:`)}*) ${offer} ;;`;
}

/** Files are what bash offers where nothing else is. */
function offered({ kind, words }: Value): string {
  switch (kind) {
    case 'words':
      return `words=${shellQuoted(words.join(' '))}`;
    case 'file':
      return 'return';
    case 'folder':
      return 'compopt +o default -o dirnames 2>/dev/null; return';
    case 'unknown':
      return "words=''";
  }
}
