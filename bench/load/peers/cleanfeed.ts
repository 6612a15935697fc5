/** Ours: `cleanfeed serve` with one data thread, a configuration made for the run and the list as a text file. */
import { join } from 'node:path';
import { packageVersion } from '../programs.ts';
import { plainLines, type Launch, type Peer, type Site } from './peer.ts';

const root = join(import.meta.dirname, '..', '..', '..');

export const cleanfeed: Peer = {
  name: 'cleanfeed',
  note: 'ours: text list of 100,000 URLs, one data thread beside the control thread; up to 4,096 idle upstream connections',
  holdsList: true,
  version: () => packageVersion(join(root, 'package.json')),
  prepare,
};

function prepare(site: Site): Launch {
  const { workspace } = site;
  workspace.folder('cleanfeed-state');
  workspace.write('cleanfeed-list.txt', plainLines(site.list));
  const file = workspace.write('cleanfeed.yaml', configuration(site));
  return {
    command: [process.execPath, ...extraFlags(), join(root, 'src', 'cli.ts'), 'serve', '-c', file],
    isReady: () => isReady(site.adminPort),
  };
}

/** CLEANFEED_BENCH_NODE_FLAGS: for profiling, say `--cpu-prof --cpu-prof-dir=/tmp/profile`. */
function extraFlags(): string[] {
  return (process.env['CLEANFEED_BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
}

function configuration(site: Site): string {
  return `
listeners:
  - { name: explicit, mode: explicit, address: 127.0.0.1, port: ${site.port} }
admin: { address: 127.0.0.1, port: ${site.adminPort} }
lists:
  - { name: bench, source: ./cleanfeed-list.txt, action: block }
# As many idle connections as the other peers may keep: the suspect scene has 2,000 origins.
upstream: { allow: [127.0.0.0/8], pool: { total: 4096 } }
state: { directory: ./cleanfeed-state }
workers: 1
`;
}

async function isReady(adminPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok;
  } catch {
    return false;
  }
}
