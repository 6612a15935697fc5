/** A configuration and a control view with known figures, for the tests of the metrics and of the admin side. */
import type { ListConfig } from '../../src/config/list-types.ts';
import type { PageConfig } from '../../src/config/page-types.ts';
import type { Config, ListenerConfig } from '../../src/config/types.ts';
import { SHIPPED } from '../support/languages.ts';
import { SELF_TEST_RESULTS } from '../../src/observe/control-view.ts';
import type { ControlView, ListStatus, WorkerStatus } from '../../src/observe/control-view.ts';

const PAGE: PageConfig = {
  operator: { en: 'Example Net', fr: 'Example Net' },
  contact: null,
  appeal: null,
  tipLine: null,
  help: [],
  reason: { en: null, fr: null },
};

function listConfig(name: string, overrides: Partial<ListConfig> = {}): ListConfig {
  return {
    name,
    source: { kind: 'file', path: `/lists/${name}.txt` },
    action: 'block',
    optIn: false,
    maxBadLineRatio: 0,
    suffixes: 'refuse',
    gate: { growth: 0.5, shrink: 0.5, canaries: null, protected: null, protectedEntries: 'refuse' },
    named: false,
    status: 403,
    blockedBy: null,
    selfTest: { intervalMs: 900_000, address: null },
    page: PAGE,
    ...overrides,
  };
}

export function listenerConfig(overrides: Partial<ListenerConfig> = {}): ListenerConfig {
  return {
    name: 'explicit',
    mode: 'explicit',
    address: '127.0.0.1',
    port: 3128,
    socket: null,
    lists: [],
    source: 'proxy',
    notHttp: 'tunnel',
    notTls: 'tunnel',
    tlsPorts: [{ from: 443, to: 443 }],
    clientField: 'none',
    proxyProtocol: null,
    steered: null,
    dns: null,
    ...overrides,
  };
}

/** Two listeners, two lists, two workers. */
export const CONFIG: Config = {
  variables: [],
  renamedKeys: [],
  file: '/etc/cleanfeed/cleanfeed.yaml',
  listeners: [listenerConfig({ lists: [0, 1] }), listenerConfig({ name: 'school "A"', port: 3129, lists: [0] })],
  admin: { address: '127.0.0.1', port: 0, hosts: ['filter.isp.example'], contentKey: null },
  lists: [listConfig('main'), listConfig('own', { action: 'allow' })],
  exempt: { clients: [] },
  policies: [],
  clients: { allow: [], abortOnFin: true },
  upstream: {
    allow: [],
    nat64: [],
    dns: { servers: [], timeoutMs: 1000, minTtlMs: 0, maxTtlMs: 1000, negativeTtlMs: 1000, cacheEntries: 10 },
    pool: { maxIdlePerOrigin: 1, maxIdle: 1, idleTimeoutMs: 1000, idleTimeoutAfterBodyMs: 1000 },
    sourceAddresses: [],
    mark: null,
    proxyProtocol: null,
    sockets: Infinity,
  },
  connect: { ports: [{ from: 443, to: 443 }], firstBytes: 'any' },
  tls: { refusal: 'alert', ports: [{ from: 443, to: 443 }] },
  upgrade: { protocols: [] },
  forwarded: { policy: 'drop' },
  limits: {
    requestLineBytes: 8192,
    headerBytes: 65536,
    headerCount: 100,
    responseHeadBytes: 65536,
    chunkExtensionBytes: 256,
    trailerBytes: 8192,
    proxyHeaderBytes: 4096,
    minBodyProgress: 1024,
    clientHelloBytes: 65536,
    pipelineBytes: 65536,
    requestsPerConnection: 1000,
    lingerBytes: 65536,
    connections: 100,
    connectionsPerClient: 100,
    questionsPerClient: 100,
    clientPrefix: { ipv4: 32, ipv6: 56 },
    sharedAddresses: [],
    informationalResponses: 8,
  },
  timeouts: {
    header: 1000,
    body: 1000,
    connect: 1000,
    firstByte: 1000,
    clientHello: 1000,
    idle: 1000,
    tunnelFirstByte: 1000,
    tunnelIdle: 1000,
    proxyHeader: 1000,
    silence: 300,
  },
  brake: { differentHits: 100, windowMs: 600_000, pauseMs: 2000 },
  hostCache: { entries: 10 },
  page: PAGE,
  languages: SHIPPED,
  pac: null,
  log: { level: 'info', format: 'auto' },
  state: { directory: '/var/lib/cleanfeed' },
  trace: { clients: [], longestMs: 3_600_000 },
  report: { keepMs: 86_400_000, entries: { count: false, max: 20_000 } },
  shutdown: { lameDuckMs: 0, drainMs: 1000 },
  supervision: { hangTimeoutMs: 1000 },
  control: { socket: '/run/cleanfeed/control.sock' },
  workers: 2,
  workersAuto: false,
  guard: null,
  resolver: {
    answers: { block: 'nxdomain', steer: null, ttlSeconds: 60 },
    front: {
      inFlight: 64,
      timeoutMs: 1000,
      tcpConnections: 1,
      tcpPerClient: 64,
      tcpIdleMs: 1000,
      udpPorts: 64,
      portLifeMs: 1000,
      receiveBufferBytes: 65_536,
    },
    zones: [],
    routes: null,
  },
  demo: null,
};

export const NOW = Date.UTC(2026, 10, 1, 12);

const NOT_CARRIED = [
  { kind: 'left', reason: 'excepted', count: 4, line: 3, column: 1 },
  { kind: 'narrower', reason: 'prefix', count: 2, line: 5, column: 1 },
] as const;

function listStatus(name: string, overrides: Partial<ListStatus> = {}): ListStatus {
  return {
    name,
    action: 'block',
    loaded: true,
    entries: 3,
    expired: 2,
    entriesLeftOut: 0,
    notCarried: null,
    publicSuffixes: 0,
    enforceable: { http: 3, https: 1, dns: 0 },
    version: 7,
    currentAt: NOW - 90_500,
    loadedAt: NOW - 7_200_000,
    syncs: { updated: 2, unchanged: 5, rejected: 1, failed: 0 },
    rejections: { bad_lines: 1 },
    lastError: 'line 7: not a host',
    cacheCurrent: true,
    content: 123_456,
    turnover: { added: 12, removed: 3, unknown: 1 },
    massWithdrawal: true,
    offUntil: null,
    intervalSeconds: null,
    versions: {
      inForce: 'b5bb9d8014a0',
      held: null,
      pinned: null,
      previous: null,
      withdrawn: 4,
      expiresAt: NOW + 86_400_000,
      heardAt: NOW - 60_000,
      silentMs: null,
      names: { version: '6', fault: 'there are none of version 7' },
    },
    ...overrides,
  };
}

function worker(index: number, generation: number): WorkerStatus {
  return {
    worker: index,
    state: 'listening',
    generation,
    unresponsive: false,
    startedAt: NOW - 3_600_000,
    restarts: index,
  };
}

export function controlView(overrides: Partial<ControlView> = {}): ControlView {
  const never = listStatus('own', {
    action: 'allow',
    loaded: false,
    entries: 0,
    version: 0,
    currentAt: null,
    loadedAt: null,
    rejections: {},
    lastError: null,
  });
  return {
    version: '1.2.3',
    explain: () => ({ code: 'unavailable', message: 'no lists are in force yet' }),
    explainRequests: () => ({ answered: 7, too_often: 2, slowed: 1 }),
    startedAt: NOW - 3_600_000,
    lists: () => [listStatus('main', { notCarried: NOT_CARRIED }), never],
    selfTests: () => [
      {
        list: 'main',
        isTested: true,
        result: 'not_blocked',
        at: NOW - 60_000,
        addresses: 1,
        refused: 3,
        requests: { pass: 3, block: 3, refuse: 0, error: 0 },
        questions: { pass: 0, block: 0 },
        counts: { ...SELF_TEST_RESULTS, ok: 3, not_blocked: 1 },
      },
    ],
    outlets: () => [
      {
        name: 'zone:block.rpz.example',
        lists: ['main', 'own'],
        missing: [{ list: 'own', reason: 'the list is not in force yet' }],
        toldAt: NOW - 30_000,
        failures: 2,
        isFailing: true,
      },
    ],
    routes: () => ({
      announced: 12,
      held: 3,
      denied: 1,
      withdrawn: { removed: 2, gone: 5, rate: 1, never: 0, denied: 1 },
      failures: { dns: 4, ranges: 0, counters: 0, state: 0, write: 0, notify: 1, full: 0, altered: 0 },
    }),
    zones: () => [
      {
        name: 'block.rpz.example',
        names: 12,
        skipped: { address: 0, characters: 0, length: 1, suffix: 2, protected: 3 },
        writtenAt: NOW - 30_000,
        failures: { write: 1, notify: 2, altered: 3 },
      },
    ],
    listeners: () => [{ name: 'explicit', mode: 'explicit', address: '127.0.0.1', port: 3128 }],
    generation: () => 7,
    workers: () => [worker(0, 7), worker(1, 6)],
    configuration: () => ({
      file: CONFIG.file,
      loadedAt: NOW - 3_600_000,
      restartRequired: [],
      workersAuto: false,
      errors: [],
    }),
    bypassEndsAt: () => null,
    traceEndsAt: () => null,
    workerRestarts: () => 1,
    descriptors: () => ({ limit: 20_000, open: 61, required: 5000, connections: 100, effective: 100, lowered: false }),
    resources: () => ({
      cpuSeconds: 12.5,
      residentBytes: 96 * 2 ** 20,
      virtualBytes: 2 ** 30,
      memoryLimit: 2 ** 29,
      listBytes: 2 ** 21,
    }),
    controlFault: () => null,
    time: () => 1_700_000_000.25,
    clockJump: () => 0,
    uncaughtFaults: () => ({ exception: 2, rejection: 1 }),
    bypass: () => false,
    draining: () => false,
    notReady: () => [],
    ...overrides,
  };
}
