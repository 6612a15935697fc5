/**
 * `cleanfeed --version`: the program, what it runs on, and the versions of what it reads and writes, by which two machines tell whether they understand
 * each other. It must not read a configuration.
 */
import { COMPILED_LIST_VERSION } from '../list/format/compiled-file.ts';
import { INFO_FORMAT } from '../list/protected/payload-format.ts';
import { OWN_FORM } from '../list/protected/vectors.ts';
import { VERSION } from '../lib/version.ts';

interface Versions {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  /** Of Unicode, by which hosts are folded. */
  readonly unicode: string;
  readonly formats: { readonly compiledList: number; readonly protectedList: number; readonly canonicalForm: number };
}

function versions(): Versions {
  return {
    version: VERSION,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    unicode: process.versions['unicode'] ?? 'unknown',
    formats: { compiledList: COMPILED_LIST_VERSION, protectedList: INFO_FORMAT, canonicalForm: OWN_FORM.form },
  };
}

export function versionText(json: boolean): string {
  const all = versions();
  if (json) return JSON.stringify(all, null, 2);
  const { version, node, platform, unicode, formats } = all;
  return [
    `cleanfeed ${version}`,
    `node ${node}, ${platform}, Unicode ${unicode}`,
    `formats: compiled list ${formats.compiledList}, protected list ${formats.protectedList}, canonical form ${formats.canonicalForm}`,
  ].join('\n');
}
