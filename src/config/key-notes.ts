/**
 * A documented configuration (config/default.yaml, config/relay.yaml) speaks of each key: in the comment behind it,
 * in the lines before a section, by examples, which are comments. It must not judge a value.
 *
 *   # Where clients connect.            before a section
 *   listeners:
 *     - name: explicit     # a label    listeners[].name; goes on in lines below that have nothing but a comment
 *   #   listeners:                      an example, behind the mark of examples
 */
import { parse } from 'yaml';

export interface KeyNote {
  readonly text: string;
  /** Their values. */
  readonly examples: readonly unknown[];
}

interface Found {
  readonly texts: string[];
  readonly examples: unknown[];
}

/** A key above those that follow it further right. */
interface Above {
  readonly column: number;
  readonly path: string;
}

const KEY = /^( *)(- )?([A-Za-z]\w*):(?: +(.*))?$/;
/** A comment behind the value of the line above, which goes on. */
const GOES_ON = /^ {8,}# (.*)$/;
const PROSE = /^# (\S.*)$/;
const NO_EXAMPLE: ReadonlySet<string> = new Set(['', 'null']);
/** The comment behind a mapping in braces with one key is that key's. */
const ONE_KEY = /^\{ ([A-Za-z]\w*): [^,{}]+ \}$/;

/** @param mark what stands before each line of an example. @returns by key, `listeners[].name` style. */
export function keyNotes(text: string, mark: string): ReadonlyMap<string, KeyNote> {
  const notes = new Map<string, Found>();
  const above: Above[] = [];
  let prose: string[] = [];
  let last: Found | null = null;
  for (const line of text.split('\n')) {
    const isExample = line.startsWith(mark);
    const plain = isExample ? line.slice(mark.length) : line;
    const [, goesOn] = GOES_ON.exec(plain) ?? [];
    const key = KEY.exec(plain);
    if (goesOn !== undefined) last?.texts.push(`${last.texts.pop() ?? ''} ${goesOn}`.trimStart());
    else if (key !== null) {
      last = noted(notes, key, above, isExample);
      if (prose.length > 0) last.texts.unshift(prose.join(' '));
      prose = [];
    } else if (PROSE.test(line)) prose.push(line.slice(2));
    else prose = [];
  }
  return new Map([...notes].map(([path, { texts, examples }]) => [path, { text: texts.join('\n'), examples }]));
}

function noted(
  notes: Map<string, Found>,
  [, blanks = '', dash, name = '', rest = '']: RegExpExecArray,
  above: Above[],
  isExample: boolean,
): Found {
  const [value = '', comment = ''] = rest.split(/(?:^| +)# (.*)$/, 2);
  const column = blanks.length + (dash === undefined ? 0 : dash.length);
  while ((above.at(-1)?.column ?? -1) >= blanks.length) above.pop();
  if (dash !== undefined) above.push({ column: blanks.length, path: `${above.at(-1)?.path ?? ''}[]` });
  const under = above.at(-1)?.path ?? '';
  const path = under === '' ? name : `${under}.${name}`;
  above.push({ column, path });
  const [, only] = ONE_KEY.exec(value) ?? [];
  const found = foundAt(notes, only === undefined ? path : `${path}.${only}`);
  if (comment !== '') found.texts.push(comment);
  if (isExample && !NO_EXAMPLE.has(value) && only === undefined) found.examples.push(parse(value));
  return found;
}

function foundAt(notes: Map<string, Found>, path: string): Found {
  const known = notes.get(path);
  const found = known ?? { texts: [], examples: [] };
  if (known === undefined) notes.set(path, found);
  return found;
}
