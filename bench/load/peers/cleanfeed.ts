/**
 * Ours: `cleanfeed serve` with a configuration made for the run and the list as a compiled file, as a node that cares about
 * its start would have it. Set-ups differ in workers, cores and limits. Flag and NODE_COMPILE_CACHE as in the systemd unit.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageVersion } from '../programs.ts';
import { compiledList } from './compiled-list.ts';
import type { Launch, Peer, Site } from './peer.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export interface SetUp {
  readonly name: string;
  readonly note: string;
  readonly workers: number;
  readonly cores?: readonly number[];
  /** Folder of the version that runs; this one unless told. */
  readonly root?: string;
  /** The Node that it runs under; the one that runs this unless told. */
  readonly node?: string;
  /** Keys of the configuration besides those below. */
  readonly settings?: (site: Site) => Readonly<Record<string, unknown>>;
}

export const cleanfeed: Peer = cleanfeedPeer({
  name: 'cleanfeed',
  note: 'ours: compiled list, one data thread beside the control thread; up to 4,096 idle upstream connections',
  workers: 1,
});

export function cleanfeedPeer({ name, note, cores, ...setUp }: SetUp): Peer {
  return {
    name,
    family: 'cleanfeed',
    note,
    holdsList: true,
    ...(cores === undefined ? {} : { cores }),
    version: () => packageVersion(join(setUp.root ?? ROOT, 'package.json')),
    under: ({ program, version }) =>
      cleanfeedPeer({
        ...setUp,
        ...(cores === undefined ? {} : { cores }),
        name: `${name}, Node ${version}`,
        note: `${note}; under Node ${version}`,
        node: program,
      }),
    prepare: (site) => prepare(site, { name, note, ...setUp }),
  };
}

function prepare(site: Site, setUp: SetUp): Launch {
  const { workspace } = site;
  const file = workspace.write(`${setUp.name}.yaml`, JSON.stringify(configuration(site, setUp)));
  return {
    command: [
      setUp.node ?? process.execPath,
      '--max-semi-space-size=2',
      ...extraFlags(),
      join(setUp.root ?? ROOT, 'src', 'cli.ts'),
      'serve',
      '-c',
      file,
    ],
    env: { NODE_COMPILE_CACHE: workspace.path('cleanfeed-code') },
    isReady: () => isReady(site.adminPort),
  };
}

/** CLEANFEED_BENCH_NODE_FLAGS: for profiling, say `--cpu-prof --cpu-prof-dir=/tmp/profile`. */
function extraFlags(): string[] {
  return (process.env['CLEANFEED_BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
}

/** JSON is YAML. */
function configuration(site: Site, { workers, name, root = ROOT, settings }: SetUp): Readonly<Record<string, unknown>> {
  const { workspace, port, adminPort } = site;
  return {
    listeners: [{ name: 'explicit', mode: 'explicit', address: '127.0.0.1', port }],
    admin: { address: '127.0.0.1', port: adminPort },
    lists: [{ name: 'bench', source: compiledListOf(site, root), action: 'block' }],
    // As many idle connections as the other peers may keep: the suspect scene has 2,000 origins.
    upstream: { allow: ['127.0.0.0/8'], pool: { [nameOfMaxIdle(root)]: 4096 } },
    state: { directory: workspace.folder(`${name}-state`) },
    workers,
    ...settings?.(site),
  };
}

/** Versions before the freeze of the names call it otherwise. */
function nameOfMaxIdle(root: string): string {
  return /^\s+maxIdle:/m.test(readFileSync(join(root, 'config', 'default.yaml'), 'utf8')) ? 'maxIdle' : 'total';
}

/** Each version reads what it has compiled itself. */
function compiledListOf({ list, workspace }: Site, root: string): string {
  return root === ROOT
    ? compiledList(list, workspace)
    : compiledList(list, workspace, { edition: 'other-version', root });
}

async function isReady(adminPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok;
  } catch {
    return false;
  }
}
