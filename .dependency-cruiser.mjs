/**
 * Allowed imports (the arrows of ARCHITECTURE.md). A module (a folder of src) imports those
 * that are listed for it and no others; each arrow is used (test/docs/architecture.process.test.ts).
 * Pure modules take values and give values: of Node they may use `node:crypto` (digests), `node:url` (UTS 46) and
 * `node:buffer` only; no socket, file, timer, clock or logger.
 */
const PURE = ['wire', 'url', 'match', 'policy'];
const arrows = {
  lib: [],
  memory: ['lib'],
  wire: ['lib'],
  url: ['lib'],
  match: ['url', 'lib'],
  policy: ['url', 'match', 'lib'],
  config: ['lib'],
  observe: ['lib', 'config'],
  verdict: ['url', 'match', 'policy', 'observe'],
  block: ['lib', 'config'],
  'stub-resolver': ['wire', 'url'],
  forward: ['stub-resolver', 'wire', 'url', 'match', 'lib', 'observe', 'config'],
  accept: ['verdict', 'forward', 'block', ...PURE, 'lib', 'observe', 'config'],
  list: ['url', 'match', 'policy', 'lib', 'observe', 'config'],
  explain: ['verdict', 'dns-front', 'url', 'policy', 'lib', 'observe', 'config'],
  publish: ['list', 'url', 'match', 'lib'],
  'dns-front': ['accept', 'verdict', 'forward', 'stub-resolver', 'wire', 'url', 'lib', 'observe', 'config'],
  outlets: ['stub-resolver', 'wire', 'url', 'list', 'lib', 'observe', 'config'],
  admin: ['observe', 'lib', 'config'],
  selftest: ['wire', 'observe', 'lib'],
  report: ['observe', 'lib'],
  guard: ['lib'],
  republish: ['publish', 'list', 'lib', 'config'],
  machine: ['lib', 'config'],
  workers: [
    'memory',
    'accept',
    'verdict',
    'forward',
    'block',
    'list',
    'dns-front',
    'outlets',
    'explain',
    'admin',
    'selftest',
    'report',
    'wire',
    'match',
    'policy',
    'lib',
    'observe',
    'config',
  ],
  commands: [
    'workers',
    'outlets',
    'machine',
    'report',
    'republish',
    'guard',
    'explain',
    'verdict',
    'publish',
    'list',
    'match',
    'policy',
    'lib',
    'observe',
    'config',
  ],
};

const moduleRules = Object.entries(arrows).map(([module, imports]) => ({
  name: `arrows-of-${module}`,
  severity: 'error',
  from: { path: `^src/${module}/` },
  to: { path: '^src/', pathNot: `^src/(${[module, ...imports].join('|')})/` },
}));

export default {
  forbidden: [
    ...moduleRules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/(cli\\.ts|setup\\.mjs|.*types\\.ts|.*\\.d\\.ts)$' },
      to: {},
    },
    {
      name: 'pure-modules-do-no-io',
      severity: 'error',
      from: { path: `^src/(${PURE.join('|')})/` },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|url|buffer)$' },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // It reads TypeScript as it is, imports of types included (`tsPreCompilationDeps` would ask for a compiler below 7).
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
