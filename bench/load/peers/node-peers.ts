/**
 * The two baselines in JavaScript, each a script of its own with the list in a Set: `http-proxy`, what a Node user would
 * reach for, and `proxy-chain`, the best forward proxy there is in JavaScript.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageVersion } from '../programs.ts';
import { plainLines, type Launch, type Peer, type Site } from './peer.ts';

export const httpProxy: Peer = nodePeer('http-proxy', 'http-proxy-server.ts', 'Set of `host/path`; keep-alive agent');
export const proxyChain: Peer = nodePeer(
  'proxy-chain',
  'proxy-chain-server.ts',
  'Set of `host/path`; keep-alive agent',
);

function nodePeer(name: string, script: string, note: string): Peer {
  return {
    name,
    note,
    holdsList: true,
    version: () => installedVersion(name),
    prepare: (site: Site): Launch => {
      const listFile = site.workspace.write(`${name}-list.txt`, plainLines(site.list));
      return { command: [process.execPath, join(import.meta.dirname, script), String(site.port), listFile] };
    },
  };
}

/** Read as a file: `exports` of a package may hide its package.json. */
function installedVersion(name: string): string | null {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return (
    folders.map((folder) => packageVersion(join(folder, name, 'package.json'))).find((version) => version !== null) ??
    null
  );
}
