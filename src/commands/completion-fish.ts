/** The completion of fish (completion.ts). It must not offer files where none are wanted. */
import type { Place, Value } from './completion-place.ts';

export function fishScript(places: readonly Place[]): string {
  const below = places.flatMap(({ path, commands }) =>
    commands.map(({ name }) => quoted(`${path} ${name}`.trimStart())),
  );
  return `# fish completion of cleanfeed, made by: cleanfeed completion fish
function __cleanfeed_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$at $word")
        contains -- $next ${below.join(' ')}; or break
        set at $next
    end
    test "$at" = "$argv[1]"
end
complete -c cleanfeed -f
${places.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, flags, values }: Place): readonly string[] {
  const here = `complete -c cleanfeed -n ${quoted(`__cleanfeed_at ${quoted(path)}`)}`;
  return [
    ...commands.map(({ name, description }) => `${here} -a ${quoted(name)} -d ${quoted(description)}`),
    ...flags.map(({ names, description, value }) => {
      const spelt = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
      return `${here} ${spelt.join(' ')} -d ${quoted(description)}${value === null ? '' : ` -r ${offered(value)}`}`;
    }),
    ...values.map((value) => `${here} ${offered(value)}`),
  ];
}

function offered({ kind, words }: Value): string {
  switch (kind) {
    case 'words':
      return `-f -a ${quoted(words.join(' '))}`;
    case 'file':
      return '-F';
    case 'folder':
      return "-f -a '(__fish_complete_directories)'";
    case 'unknown':
      return '-f';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
