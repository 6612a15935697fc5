/**
 * Allowed imports (the arrows of ARCHITECTURE.md). A room that is not listed for another may not be imported by it.
 * Pure rooms take values and give values: of Node they may use `node:crypto` (digests), `node:url` (UTS 46) and
 * `node:buffer` only; no socket, file, timer, clock or logger.
 */
const PURE = ['wire', 'url', 'match', 'policy'];
const OBSERVE_AND_CONFIG = ['observe', 'config'];
const arrows = {
  lib: [],
  memory: ['lib'],
  wire: ['lib'],
  url: ['lib'],
  match: ['url', 'lib'],
  policy: ['url', 'match', 'wire', 'lib'],
  verdict: [...PURE, 'lib', 'observe'],
  observe: ['lib', 'config'],
  config: ['lib', 'url'],
  block: [...PURE, 'lib', ...OBSERVE_AND_CONFIG],
  forward: [...PURE, 'lib', ...OBSERVE_AND_CONFIG],
  accept: ['verdict', 'forward', 'block', ...PURE, 'lib', ...OBSERVE_AND_CONFIG],
  list: ['url', 'match', 'lib', ...OBSERVE_AND_CONFIG],
  publish: ['url', 'match', 'lib', ...OBSERVE_AND_CONFIG],
  resolver: ['match', 'list', 'wire', 'lib', ...OBSERVE_AND_CONFIG],
  admin: ['list', 'observe', 'lib', 'config'],
  workers: [
    'memory',
    'accept',
    'verdict',
    'forward',
    'block',
    'list',
    'resolver',
    'admin',
    ...PURE,
    'lib',
    ...OBSERVE_AND_CONFIG,
  ],
  commands: ['workers', 'verdict', 'config', 'list', 'publish', 'lib', 'observe', ...PURE],
};

const rooms = Object.keys(arrows);
const roomRules = rooms.map((room) => ({
  name: `arrows-of-${room}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...arrows[room]].join('|')})/` },
}));

export default {
  forbidden: [
    ...roomRules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/(cli\\.ts|setup\\.mjs|.*types\\.ts)$' },
      to: {},
    },
    {
      name: 'pure-rooms-do-no-io',
      severity: 'error',
      from: { path: `^src/(${PURE.join('|')})/` },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|url|buffer)$' },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-dev-dependencies', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev'] } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
