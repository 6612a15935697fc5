/**
 * Caddy: files, matchers, a page for what is not there, and in front of a program. A site is chosen by Host, and a request
 * that finds none is answered with an empty 200: sites are named by their port alone.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bodyOf } from '../site.ts';
import type { Fold, Served } from '../site.ts';
import { freePorts } from './free-ports.ts';
import { startNode } from './node.ts';
import { configuration } from './origin.ts';
import type { Family } from './origin.ts';

interface Site {
  readonly fold: readonly Fold[];
  /** `backend`: port of a program by its name. */
  readonly body: (root: string, backend: (name: string) => number) => string;
}

const SITES: Readonly<Record<string, Site>> = {
  'caddy-static': { fold: [], body: (root) => `root * ${root}\nfile_server` },
  // Its path matcher compares without regard to case.
  'caddy-matchers': {
    fold: ['case'],
    body: () => `
      handle /dir/fine/* { ${gives('allowed')} }
      handle /dir/* { ${gives('listed directory')} }
      handle /page { ${gives('listed page')} }
      handle /deep/er/page { ${gives('listed page')} }
      handle { ${gives('neighbour')} }`,
  },
  'caddy-try-files': {
    fold: ['case'],
    body: (root) => `
      root * ${root}
      @fine path /dir/fine/*
      handle @fine {
        try_files {path} /dir/fine/index.html
        file_server
      }
      @dir path /dir/*
      handle @dir {
        try_files {path} /dir/index.html
        file_server
      }
      handle {
        file_server
      }`,
  },
  'caddy-proxy': { fold: [], body: (_root, backend) => `reverse_proxy 127.0.0.1:${backend('node-decoding-router')}` },
};

export const caddy: Family = {
  name: 'caddy',
  needs: ['caddy'],
  configurations: Object.entries(SITES).map(([name, { fold }]) => configuration(name, { fold })),
  async start(setup) {
    const { root, directory } = setup;
    const backends = await startNode(setup);
    const ports = await freePorts(Object.keys(SITES));
    const file = join(directory, 'Caddyfile');
    const sites = Object.entries(SITES).map(
      ([name, { body }]) =>
        `http://:${ports.get(name)!} {\nbind 127.0.0.1\n${oneALine(body(root, (backend) => backends.get(backend)!))}\n}`,
    );
    writeFileSync(file, `{\nadmin off\nauto_https off\nlog {\noutput discard\n}\n}\n${sites.join('\n')}\n`);
    const program = setup.run('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
      env: { HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
    });
    await program.listens(ports.values());
    return ports;
  },
};

function gives(served: Served): string {
  return `respond "${bodyOf(served).trim()}" 200`;
}

/** A brace that opens a block ends its line. */
function oneALine(text: string): string {
  return text.replaceAll(/ \{ (respond .*) \}/g, ' {\n$1\n}');
}
