/**
 * Every configuration key, its kind, its bounds and its default, in the order of `config/default.yaml`. Unknown keys are
 * refused. The shape is that of the file; `build.ts` turns it into `Config`. Rules between keys: `cross-checks.ts`.
 * It must not compare keys with each other.
 */
import { IMPORT_NAMES } from '../lib/list-formats.ts';
import { changed, eitherForm, listOf, mapping } from '../lib/shape.ts';
import type { Output } from '../lib/shape.ts';
import {
  address,
  duration,
  hostName,
  flag,
  integer,
  name,
  nat64Prefix,
  oneOf,
  port,
  portRange,
  prefix,
  resolver,
  secretPlace,
  ratio,
  share,
  size,
  text,
  upgradeProtocol,
  url,
  witnessKey,
  workerCount,
} from './fields.ts';
import { guard } from './guard.ts';
import { listener, MAX_LISTENERS, MAX_LISTS, MAX_PREFIXES } from './listener-schema.ts';
import { pac } from './pac.ts';
import { languageName, ownPageText, pageText } from './page-texts.ts';
import { log } from './log-settings.ts';
import { prefixTexts } from './prefix-texts.ts';
import { resolver as resolverSide } from './resolver.ts';
import * as forms from './value-forms.ts';

/** Data-plane threads. */
export const MAX_WORKERS = 64;
/** Those of clients are not (lib/prefix-table.ts); each worker makes its table of them at a reload. */
const MAX_CLIENT_PREFIXES = 20_000;
/** Groups of clients. */
const MAX_POLICIES = 256;
const MAX_SOURCES = 256;

/** Who is a client unless told: this machine and the private ranges. The Internet is not. */
const PRIVATE_CLIENTS = [
  '127.0.0.0/8',
  '::1/128',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
];

const prefixes = () => listOf(prefix()).max(MAX_PREFIXES);
const clientPrefixes = () =>
  changed(
    (value) => (typeof value === 'string' ? prefixTexts(value) : value),
    listOf(prefix()).max(MAX_CLIENT_PREFIXES),
    { ...forms.prefixLinesForm(), description: 'Must be a list of prefixes, or a text with one a line.' },
  );

const pageFields = {
  operator: pageText(100).nullable(),
  contact: url('https', 'http', 'mailto').nullable(),
  appeal: url('https', 'http', 'mailto').nullable(),
  tipLine: mapping({ name: text(100), url: url('https', 'http', 'mailto') }).nullable(),
  help: listOf(mapping({ name: pageText(100), url: url('https', 'http', 'mailto') })).max(20),
  reason: ownPageText().nullable(),
};

const page = mapping({
  operator: pageFields.operator.prefault(null),
  contact: pageFields.contact.prefault(null),
  appeal: pageFields.appeal.prefault(null),
  tipLine: pageFields.tipLine.prefault(null),
  help: pageFields.help.prefault([]),
  reason: pageFields.reason.prefault(null),
});

export const auth = mapping({
  bearer: secretPlace().nullable().prefault(null),
  basic: secretPlace().nullable().prefault(null),
  clientCertificate: text(4096).nullable().prefault(null),
  clientKey: secretPlace().nullable().prefault(null),
});

const sanity = {
  growth: ratio(1000).prefault(0.5),
  shrink: share().prefault(0.5),
  canaries: text(4096).nullable().prefault(null),
  protected: text(4096).nullable().prefault(null),
};

/** Of a relay: what it publishes is the publisher's own to mend. */
export const gate = mapping(sanity);

const listGate = mapping({ ...sanity, protectedEntries: oneOf('refuse', 'leaveOut').prefault('refuse') });

/** The list of another tool. */
const foreignSource = mapping({
  url: text(4096).nullable().prefault(null),
  file: text(4096).nullable().prefault(null),
  format: oneOf(...IMPORT_NAMES),
  match: text(100).nullable().prefault(null),
  sample: text(100).nullable().prefault(null),
  values: listOf(text(1000)).min(1).max(100).nullable().prefault(null),
  ignoreCase: flag().nullable().prefault(null),
  column: changed((value) => (typeof value === 'number' ? `${value}` : value), text(1000), { type: 'number' })
    .nullable()
    .prefault(null),
  separator: text(10).nullable().prefault(null),
  subdomains: flag().nullable().prefault(null),
  sinks: listOf(text(255)).min(1).max(100).nullable().prefault(null),
  exceptions: oneOf('respect', 'ignore').prefault('respect'),
  dns: flag().prefault(false),
  steer: flag().prefault(false),
});

const list = mapping({
  name: name(),
  source: eitherForm(text(4096), foreignSource),
  ca: text(4096).nullable().prefault(null),
  proxy: url('http', 'https').nullable().prefault(null),
  auth: auth.prefault({}),
  root: text(4096).nullable().prefault(null),
  identity: secretPlace().nullable().prefault(null),
  namesIdentity: secretPlace().nullable().prefault(null),
  mirrors: listOf(text(4096)).max(8).prefault([]),
  witnesses: listOf(witnessKey()).max(16).prefault([]),
  interval: duration('10s', '7d').nullable().prefault(null),
  delay: duration('0s', '7d').prefault('0s'),
  ifPublisherGone: mapping({
    after: duration('1h', '365d').prefault('30d'),
    // oxlint-disable-next-line no-thenable -- the key's name is part of the contract; nobody awaits a schema
    then: oneOf('serve', 'count', 'drop').prefault('serve'),
  })
    .nullable()
    .prefault(null),
  action: oneOf('block', 'count', 'allow').prefault('block'),
  optIn: flag().prefault(false),
  maxBadLineRatio: share().prefault(0),
  suffixes: oneOf('refuse', 'warn').prefault('refuse'),
  gate: listGate.prefault({}),
  status: oneOf(403, 451).prefault(403),
  blockedBy: url('https', 'http').nullable().prefault(null),
  selfTest: mapping({
    interval: duration('10s', '7d').prefault('15m'),
    address: url('http', 'https').nullable().prefault(null),
  }).prefault({}),
  page: mapping({}, pageFields).prefault({}),
});

const policy = mapping({
  name: name(),
  clients: clientPrefixes(),
  lists: listOf(name()).max(MAX_LISTS),
});

const dns = mapping({
  servers: listOf(resolver()).max(8).prefault([]),
  timeout: duration('100ms', '1m').prefault('5s'),
  minTtl: duration('0s', '1h').prefault('5s'),
  maxTtl: duration('1s', '1d').prefault('1h'),
  negativeTtl: duration('0s', '1h').prefault('5s'),
  cacheEntries: integer(0, 10_000_000).prefault(10_000),
});

const pool = mapping({
  maxIdlePerOrigin: integer(0, 10_000).prefault(256),
  maxIdle: integer(0, 100_000).prefault(4096),
  idleTimeout: duration('100ms', '10m').prefault('15s'),
  idleTimeoutAfterBody: duration('0s', '5s').prefault('4s'),
});

const upstream = mapping({
  allow: prefixes().prefault([]),
  nat64: listOf(nat64Prefix()).max(16).prefault(['64:ff9b::/96']),
  dns: dns.prefault({}),
  pool: pool.prefault({}),
  sourceAddresses: listOf(address()).max(MAX_SOURCES).prefault([]),
  mark: integer(1, 0xff_ff_ff_ff).nullable().prefault(null),
  proxyProtocol: mapping({ to: prefixes().min(1), version: oneOf(1, 2).prefault(2) })
    .nullable()
    .prefault(null),
});

const connections = () => integer(1, 1_000_000);

const questions = () => integer(1, 32_768);

const sharedRange = mapping({
  prefix: prefix(),
  connectionsPerClient: connections().nullable().prefault(null),
  questionsPerClient: questions().nullable().prefault(null),
});

const limits = mapping({
  requestLineBytes: size('64B', '1MiB').prefault('16KiB'),
  headerBytes: size('64B', '16MiB').prefault('64KiB'),
  headerCount: integer(1, 10_000).prefault(128),
  responseHeadBytes: size('64B', '16MiB').prefault('128KiB'),
  chunkExtensionBytes: size('0B', '1MiB').prefault('4KiB'),
  trailerBytes: size('0B', '16MiB').prefault('16KiB'),
  proxyHeaderBytes: size('256B', '64KiB').prefault('4KiB'),
  minBodyProgress: size('0B', '16MiB').prefault('1KiB'),
  clientHelloBytes: size('1KiB', '1MiB').prefault('64KiB'),
  pipelineBytes: size('0B', '16MiB').prefault('64KiB'),
  requestsPerConnection: integer(1, 1_000_000_000).prefault(10_000),
  lingerBytes: size('0B', '1GiB').prefault('256KiB'),
  connections: connections().prefault(8192),
  connectionsPerClient: connections().prefault(1024),
  questionsPerClient: questions().prefault(512),
  clientPrefix: mapping({ ipv4: integer(8, 32).prefault(32), ipv6: integer(16, 128).prefault(56) }).prefault({}),
  sharedAddresses: listOf(sharedRange).max(MAX_PREFIXES).prefault([]),
  informationalResponses: integer(0, 1000).prefault(16),
});

// setTimeout() takes at most 2^31 ms, 24.8 days: beyond it fires at once.
const timeout = () => duration('10ms', '7d');
const timeouts = mapping({
  header: timeout().prefault('10s'),
  body: timeout().prefault('1m'),
  connect: timeout().prefault('10s'),
  firstByte: timeout().prefault('1m'),
  clientHello: timeout().prefault('10s'),
  idle: timeout().prefault('1m'),
  tunnelFirstByte: timeout().prefault('1m'),
  tunnelIdle: timeout().prefault('2h4m'),
  proxyHeader: timeout().prefault('5s'),
  silence: timeout().prefault('300ms'),
});

export const schema = mapping({
  listeners: listOf(listener)
    .min(1)
    .max(MAX_LISTENERS)
    .prefault([{ name: 'explicit' }]),
  admin: mapping({
    address: address().prefault('127.0.0.1'),
    port: port().prefault(9090),
    hosts: listOf(hostName()).max(100).prefault([]),
    pac: pac.nullable().prefault(null),
    contentKey: secretPlace().nullable().prefault(null),
  }).prefault({}),
  lists: listOf(list).max(MAX_LISTS).prefault([]),
  exempt: mapping({ clients: clientPrefixes().prefault([]) }).prefault({}),
  policies: listOf(policy).max(MAX_POLICIES).prefault([]),
  clients: mapping({
    allow: clientPrefixes().prefault(PRIVATE_CLIENTS),
    openProxy: flag().prefault(false),
    abortOnFin: flag().prefault(true),
  }).prefault({}),
  upstream: upstream.prefault({}),
  connect: mapping({
    ports: listOf(portRange()).max(100).prefault([443]),
    firstBytes: oneOf('any', 'tls').prefault('any'),
  }).prefault({}),
  tls: mapping({
    refusal: oneOf('alert', 'reset').prefault('alert'),
    ports: listOf(portRange()).max(100).prefault([443]),
  }).prefault({}),
  upgrade: mapping({ protocols: listOf(upgradeProtocol()).max(16).prefault(['websocket']) }).prefault({}),
  forwarded: mapping({ policy: oneOf('drop', 'append', 'pass').prefault('append') }).prefault({}),
  limits: limits.prefault({}),
  timeouts: timeouts.prefault({}),
  brake: mapping({
    differentHits: integer(0, 200).prefault(100),
    window: duration('10s', '1d').prefault('10m'),
    pause: duration('250ms', '1m').prefault('2s'),
  }).prefault({}),
  hostCache: mapping({ entries: integer(1, 10_000_000).prefault(50_000) }).prefault({}),
  page: page.prefault({}),
  languages: mapping({
    folder: text(4096).nullable().prefault(null),
    use: listOf(languageName()).min(1).nullable().prefault(null),
  }).prefault({}),
  log: log.prefault({}),
  state: mapping({ directory: text(4096).nullable().prefault(null) }).prefault({}),
  trace: mapping({ clients: prefixes().prefault([]), longest: duration('1m', '1d').prefault('1h') }).prefault({}),
  report: mapping({
    keep: duration('1d', '3660d').prefault('400d'),
    entries: mapping({ count: flag().prefault(false), max: integer(1, 1_000_000).prefault(20_000) }).prefault({}),
  }).prefault({}),
  shutdown: mapping({
    lameDuck: duration('0s', '10m').prefault('5s'),
    drain: duration('0s', '1h').prefault('30s'),
  }).prefault({}),
  supervision: mapping({ hangTimeout: duration('1s', '10m').prefault('10s') }).prefault({}),
  control: mapping({ socket: text(4096).nullable().prefault(null) }).prefault({}),
  workers: workerCount(1, MAX_WORKERS).prefault(2),
  resolver: resolverSide.prefault({}),
  guard: guard.nullable().prefault(null),
  demo: mapping({
    origin: mapping({ address: address().prefault('127.0.0.1'), port: port().prefault(8088) }).prefault({}),
  })
    .nullable()
    .prefault(null),
});

/** A configuration file that passed the schema, defaults filled in. */
export type ConfigFile = Output<typeof schema>;
