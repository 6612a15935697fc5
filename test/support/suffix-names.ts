/**
 * Every name that the installed edition of the Public Suffix List has as a suffix, for config/public-suffixes.txt. The package has no
 * function that lists them, so its data is read: a tree of labels, from the top-level domain down. Run by itself it writes the file:
 *
 *   node test/support/suffix-names.ts > config/public-suffixes.txt
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { domainToASCII } from 'node:url';
import { getPublicSuffix } from 'tldts';

interface Tree {
  readonly edgeChild: Uint16Array;
  readonly edgeLength: Uint8Array;
  readonly edgeStart: Uint16Array;
  readonly labelText: string;
  readonly rulesRoot: number;
}

const FOLDER = join(dirname(createRequire(import.meta.url).resolve('tldts')), '..', '..');

export const EDITION = String(JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')).version);

/** The whole file. */
export async function suffixFile(): Promise<string> {
  return `${HEAD}${(await suffixNames()).join('\n')}\n`;
}

const HEAD = `# Public suffixes: names below which others register theirs, private section included, one a line, in canonical form.
# Rules with a wildcard (*.ck) stand for their parent, exceptions (!www.ck) are left out.
#
# Source:  the Public Suffix List, https://publicsuffix.org/list/, as the package tldts ${EDITION} carries it
# Licence: Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/; this file is a form of that list
# Made by: node test/support/suffix-names.ts > config/public-suffixes.txt (a test compares the two)
#
# The gate looks these names up in lists whose entries cannot be read (docs/list-format.md, "Public suffixes").
`;

async function suffixNames(): Promise<readonly string[]> {
  const tree = (await import(join(FOLDER, 'dist', 'es6', 'src', 'data', 'trie.js'))) as Tree;
  const offsets: number[] = [];
  let offset = 0;
  for (const length of tree.edgeLength) offset = (offsets.push(offset), offset + length);
  const names = new Set<string>();
  const walk = (node: number, below: string): void => {
    for (let edge = tree.edgeStart[node]!; edge < tree.edgeStart[node + 1]!; edge += 1) {
      const label = tree.labelText.slice(offsets[edge], offsets[edge]! + tree.edgeLength[edge]!);
      const name = below === '' ? label : `${label}.${below}`;
      if (label !== '*' && isSuffix(name)) names.add(domainToASCII(name));
      walk(tree.edgeChild[edge]!, name);
    }
  };
  walk(tree.rulesRoot, '');
  return [...names].sort();
}

function isSuffix(name: string): boolean {
  const options = { allowPrivateDomains: true, extractHostname: false, validateHostname: false, detectIp: false };
  return getPublicSuffix(name, options) === name;
}

if (process.argv[1] === import.meta.filename) process.stdout.write(await suffixFile());
