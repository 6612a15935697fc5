/** The completion of zsh (completion.ts): a file of its `fpath`, or to be sourced. It must not set a style. */
import { shellQuoted } from '../lib/shell-quoted.ts';
import type { Flag, Place, Value } from './completion-place.ts';

export function zshScript(places: readonly Place[]): string {
  const below = places.flatMap(({ path, commands }) => commands.map(({ name }) => quoted(`${path} ${name}`)));
  return String.raw`#compdef cleanfeed
# zsh completion of cleanfeed, made by: cleanfeed completion zsh
_cleanfeed() {
  local at=''
  local -a below
  while (( CURRENT > 2 )); do
    case "$at ${'$'}{words[2]}" in
      ${below.join('|')}) at="${'$'}{at:+$at }${'$'}{words[2]}" ;;
      *) break ;;
    esac
    shift words
    (( CURRENT-- ))
  done
  case "$at" in
${places.map(placeText).join('\n')}
  esac
}
if [[ ${'$'}{funcstack[1]} == _cleanfeed ]]; then
  _cleanfeed "$@"
else
  compdef _cleanfeed cleanfeed
fi
`;
}

function placeText({ path, commands, flags, values }: Place): string {
  const specs = [...flags.map(flagSpec), ...values.map(valueSpec)].map(quoted).join(' ');
  if (commands.length === 0) return `    ${quoted(path)}) _arguments -S : ${specs} ;;`;
  const below = commands.map(({ name, description }) => quoted(`${name}:${description.replaceAll(':', '\\:')}`));
  return `    ${quoted(path)})
      below=(${below.join(' ')})
      if [[ $words[CURRENT] == -* ]]; then _arguments -S : ${specs}; else _describe -t commands command below; fi
      ;;`;
}

/** One that was given is not offered again, in neither spelling. */
function flagSpec({ names, description, value }: Flag): string {
  const others = value?.isMany === true ? '*' : `(${names.join(' ')})`;
  const spelt = names.length === 1 ? (names[0] ?? '') : `{${names.join(',')}}`;
  const said = `[${description.replaceAll(/[\\[\]:]/g, String.raw`\$&`)}]`;
  return `${others}\u0000${spelt}\u0000${said}${value === null ? '' : `:${value.name}:${action(value)}`}`;
}

function valueSpec(value: Value): string {
  return `${value.isMany ? '*' : ''}:${value.name}:${action(value)}`;
}

function action({ kind, words }: Value): string {
  switch (kind) {
    case 'words':
      return `(${words.join(' ')})`;
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'unknown':
      return ' ';
  }
}

/** The shell takes apart whatever stands between two NUL. */
function quoted(text: string): string {
  const parts = text.split('\u0000').map((part, i) => (i === 1 ? part : shellQuoted(part)));
  return parts.join('');
}
