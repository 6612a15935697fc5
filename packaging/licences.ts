/**
 * The licences of what a bundle holds of others: each package with its version, its licence and the text that comes with it. A package without a text ends
 * the build. It must not leave one out because another has the same text: whose copyright it is stands in it.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const MODULES = 'node_modules/';
const TEXT = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** @param inputs paths of all modules of the bundles, from the folder of the checkout. */
export function licencesOf(root: string, inputs: readonly string[]): string {
  const packages = packageFolders(inputs).map((folder) => licenceOf(root, folder));
  return [...packages, suffixList(root)].join(`\n${'-'.repeat(80)}\n\n`);
}

/** Of all packages that modules come from, in order. */
export function packageFolders(inputs: readonly string[]): readonly string[] {
  return [...new Set(inputs.flatMap((input) => packageFolder(input) ?? []))].toSorted();
}

/** Null: it is ours. */
function packageFolder(input: string): string | null {
  const at = input.lastIndexOf(MODULES);
  if (at === -1) return null;
  const [scope = '', name = ''] = input.slice(at + MODULES.length).split('/');
  return `${input.slice(0, at + MODULES.length)}${scope.startsWith('@') ? `${scope}/${name}` : scope}`;
}

function licenceOf(root: string, folder: string): string {
  const { name, version, license }: Readonly<Record<'name' | 'version' | 'license', string>> = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  );
  const files = readdirSync(join(root, folder)).filter((file) => TEXT.test(file));
  if (files.length === 0 || typeof license !== 'string') throw new Error(`${folder} comes without its licence`);
  const texts = files.toSorted().map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}

/** What the head of the file says of it: where it is from, and where its licence stands. */
function suffixList(root: string): string {
  const lines = readFileSync(join(root, 'config/public-suffixes.txt'), 'latin1').split('\n');
  const head = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('#')),
  );
  return `config/public-suffixes.txt (MPL-2.0)\n\n${head.join('\n')}\n`;
}
