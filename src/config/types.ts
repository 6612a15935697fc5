/**
 * The configuration as every module sees it: validated, defaults filled in, paths absolute, durations in milliseconds,
 * sizes in bytes. It is plain data (structured-clone safe): the control thread hands it to the workers as it is.
 * `schema.ts` parses YAML into this shape; nothing inside checks it again. Types only: it must not hold any logic.
 */
import type { ListConfig, SecretPlace } from './list-types.ts';
import type { LogSettings } from './log-types.ts';
import type { GuardConfig } from './guard-types.ts';
import type { Language } from './language-types.ts';
import type { PageConfig } from './page-types.ts';
import type { DnsListenerConfig, ResolverConfig } from './resolver-types.ts';
import type { TraceConfig } from './trace-types.ts';
import type { Prefix } from '../lib/types.ts';

export interface Config {
  /** Absolute path of the file it was read from. */
  readonly file: string;
  readonly listeners: readonly ListenerConfig[];
  readonly admin: AdminConfig;
  /** `admin.pac`; null: browsers are told nothing. */
  readonly pac: PacConfig | null;
  readonly lists: readonly ListConfig[];
  readonly exempt: { readonly clients: readonly Prefix[] };
  /** In any order: the longest prefix of all of them counts (policy-of.ts). */
  readonly policies: readonly PolicyConfig[];
  readonly clients: ClientsConfig;
  readonly upstream: UpstreamConfig;
  readonly connect: ConnectConfig;
  /** How a TLS connection is refused. */
  readonly tls: {
    readonly refusal: 'alert' | 'reset';
    /** Where nothing else than TLS is expected. */
    readonly ports: readonly PortRange[];
  };
  /** Lower case. */
  readonly upgrade: { readonly protocols: readonly string[] };
  readonly forwarded: ForwardedConfig;
  readonly limits: LimitsConfig;
  readonly timeouts: TimeoutsConfig;
  readonly brake: BrakeConfig;
  readonly hostCache: { readonly entries: number };
  readonly page: PageConfig;
  /** At least one; the first is for clients that ask for none of them. */
  readonly languages: readonly Language[];
  readonly log: LogSettings;
  readonly state: { readonly directory: string };
  readonly report: {
    /** How long the counters of a day are kept. */
    readonly keepMs: number;
    /** Whether hits are counted by entry, and how many entries a day are told apart. */
    readonly entries: { readonly count: boolean; readonly max: number };
  };
  readonly trace: TraceConfig;
  readonly shutdown: ShutdownConfig;
  readonly supervision: {
    /** A worker that shows no sign of life for this long is ended and replaced. */
    readonly hangTimeoutMs: number;
  };
  /** Unix socket that `cleanfeed ctl` speaks to; absolute path. */
  readonly control: { readonly socket: string };
  /** Data-plane threads; at least 1. */
  readonly workers: number;
  /** Their number is that of this machine (`workers: auto`), found when the file was read. */
  readonly workersAuto: boolean;
  /** Read by `cleanfeed guard`; the filter lets requests to the guard's page pass. Null: there is none. */
  readonly guard: GuardConfig | null;
  readonly resolver: ResolverConfig;
  /** Only read by `cleanfeed demo`: where the demo's own origin listens. */
  readonly demo: { readonly origin: { readonly address: string; readonly port: number } } | null;
  /** Their texts are not shown (shown-config.ts). */
  readonly variables: readonly ConfigVariable[];
  /** Keys that the file has under their former names. */
  readonly renamedKeys: readonly RenamedKey[];
}

export interface RenamedKey {
  /** `limits.drainBytes` */
  readonly former: string;
  readonly now: string;
  /** 1-based. */
  readonly line: number;
}

/** A variable of the file: the environment's, or a credential. */
export interface ConfigVariable {
  /** `${PORT}` */
  readonly written: string;
  readonly text: string;
}

export interface AdminConfig {
  readonly address: string;
  readonly port: number;
  /** Further names a request to the admin side may carry in Host; lower case. Addresses are always accepted. */
  readonly hosts: readonly string[];
  /** Where the key lies by which nodes compare what is in their text lists; null: they do not. */
  readonly contentKey: SecretPlace | null;
}

/** What browsers are told of the proxy. */
export interface PacConfig {
  /** `host:port`, at least one, in the order in which they are tried. */
  readonly proxies: readonly string[];
  /** What becomes of requests when no proxy answers: they fail, or go unfiltered. */
  readonly failOver: 'none' | 'direct';
  /** Hosts, and `*.` with a domain, that are not asked through the proxy; lower case. */
  readonly direct: readonly string[];
}

/** How a listener is reached, and what is spoken on it. */
export const LISTENER_MODES = ['explicit', 'transparent', 'steered', 'dns'] as const;
export type ListenerMode = (typeof LISTENER_MODES)[number];

/** Whose address origins see: one of this machine's, or the client's own with its port. */
export const SOURCES = ['proxy', 'client'] as const;
export type Source = (typeof SOURCES)[number];

/** Fields that tell an origin the client's address. */
export const CLIENT_FIELDS = ['none', 'x-forwarded-for', 'forwarded'] as const;
export type ClientField = (typeof CLIENT_FIELDS)[number];

export interface ListenerConfig {
  readonly name: string;
  readonly mode: ListenerMode;
  readonly address: string;
  /** 0: any free port (tests); the chosen one is in /status and in the log. */
  readonly port: number;
  /**
   * Name of the sockets handed over by the service manager that take the place of address and port; null: none is named,
   * and those that bear the listener's own name are used where there are any.
   */
  readonly socket: string | null;
  /** Who says in a PROXY header whose connection it is; null: no header, the peer is the client. */
  readonly proxyProtocol: { readonly from: readonly Prefix[] } | null;
  /** Indexes into `lists` that apply here to clients without a policy; where the listener names none, all lists but those with `optIn`. */
  readonly lists: readonly number[];
  /** `proxy` of an explicit listener. */
  readonly source: Source;
  /** What becomes of intercepted connections that are neither HTTP nor TLS. */
  readonly notHttp: 'tunnel' | 'refuse';
  /** The same at ports of TLS, inside CONNECT too. */
  readonly notTls: 'tunnel' | 'refuse';
  readonly tlsPorts: readonly PortRange[];
  /** In which field origins are told the client's address, in intercepted requests that can be read. */
  readonly clientField: ClientField;
  /** Null: traffic is not steered here. */
  readonly steered: SteeredConfig | null;
  /** Null: the listener answers no questions of DNS. */
  readonly dns: DnsListenerConfig | null;
}

/** A group of clients to which lists of their own apply, on every listener. */
export interface PolicyConfig {
  readonly name: string;
  readonly clients: readonly Prefix[];
  /** Indexes into `lists` that apply, and no others. */
  readonly lists: readonly number[];
}

/** Traffic that DNS or routing has sent to addresses of ours in place of the origin's. */
interface SteeredConfig {
  /** At least one. A connection to any other address is dropped. */
  readonly addresses: readonly Prefix[];
  /** At least one, unless the sockets are inherited. */
  readonly ports: readonly number[];
  /** What becomes of hosts that no list knows. */
  readonly others: 'pass' | 'refuse';
  /** `address:port` of servers that do not steer; empty: those of `upstream.dns`. */
  readonly resolver: readonly string[];
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

interface ClientsConfig {
  /** Who may use the explicit listeners (403 otherwise) and the steered ones. Of a transparent listener everybody is a client. */
  readonly allow: readonly Prefix[];
  /** A client that finishes sending (FIN) while a response is owed has gone away. */
  readonly abortOnFin: boolean;
}

export interface UpstreamConfig {
  /** Private, loopback and other special destinations that are allowed all the same. */
  readonly allow: readonly Prefix[];
  /** NAT64 prefixes (RFC 6052, 32..96 bits): the IPv4 address inside is what is checked. */
  readonly nat64: readonly Prefix[];
  readonly dns: {
    /** `address:port` of the resolvers to ask; empty: those of the system. */
    readonly servers: readonly string[];
    readonly timeoutMs: number;
    readonly minTtlMs: number;
    readonly maxTtlMs: number;
    readonly negativeTtlMs: number;
    /** Names kept per worker. */
    readonly cacheEntries: number;
  };
  readonly pool: {
    /** Idle upstream connections kept per origin and worker, and in all per worker. */
    readonly maxIdlePerOrigin: number;
    readonly maxIdle: number;
    readonly idleTimeoutMs: number;
    /** Of one that has carried a request body. */
    readonly idleTimeoutAfterBodyMs: number;
  };
  /** Addresses of this machine that connections come from, as far as they do not come from the client's; empty: the system chooses. */
  readonly sourceAddresses: readonly string[];
  /** SO_MARK of the sockets to origins, for rules of the system; null: none. */
  readonly mark: number | null;
  /** Origins that are told whose connection it is, in a PROXY header; null: none. */
  readonly proxyProtocol: { readonly to: readonly Prefix[]; readonly version: 1 | 2 } | null;
  /** Sockets to origins per worker, idle or not: no key, but what the descriptor limit leaves; Infinity where it is not known. */
  readonly sockets: number;
}

interface ConnectConfig {
  readonly ports: readonly PortRange[];
  /** `tls`: a tunnel has to begin with a ClientHello that names what CONNECT has named. */
  readonly firstBytes: 'any' | 'tls';
}

/** X-Forwarded-For and Forwarded: drop what the client sent, append the client's address, or pass unchanged. */
interface ForwardedConfig {
  readonly policy: 'drop' | 'append' | 'pass';
}

/** Addresses that many customers share each (CGN). */
export interface SharedRange {
  readonly prefix: Prefix;
  /** In place of `LimitsConfig.connectionsPerClient`; null: no cap but the worker's. */
  readonly connectionsPerClient: number | null;
  /** In place of `LimitsConfig.questionsPerClient`; null: no cap but the worker's. */
  readonly questionsPerClient: number | null;
}

export interface LimitsConfig {
  /** Bytes. */
  readonly requestLineBytes: number;
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly responseHeadBytes: number;
  readonly chunkExtensionBytes: number;
  readonly trailerBytes: number;
  /** Of a PROXY header. */
  readonly proxyHeaderBytes: number;
  /** Bytes of a request body that must come within each `timeouts.body`; 0: any. */
  readonly minBodyProgress: number;
  /** Bytes of a ClientHello, with the headers of its records. */
  readonly clientHelloBytes: number;
  /** Bytes of later pipelined requests kept unparsed. */
  readonly pipelineBytes: number;
  readonly requestsPerConnection: number;
  /** Bytes of an unread request body that are drained after an early answer, before the connection is closed. */
  readonly lingerBytes: number;
  /** Client connections per worker. */
  readonly connections: number;
  /** Client connections per worker and client prefix. */
  readonly connectionsPerClient: number;
  /** Questions that wait at a DNS listener, per worker and client prefix. */
  readonly questionsPerClient: number;
  /** Bits of an address that make a client. */
  readonly clientPrefix: { readonly ipv4: number; readonly ipv6: number };
  /** In any order; of several that hold an address the longest prefix counts. */
  readonly sharedAddresses: readonly SharedRange[];
  readonly informationalResponses: number;
}

/** Who is slowed down because he collects refusals of many different entries. */
export interface BrakeConfig {
  /** Of a client in a window and a worker; 0: nobody is slowed down. */
  readonly differentHits: number;
  readonly windowMs: number;
  /** How long a client waits after each further refusal. */
  readonly pauseMs: number;
}

/** Milliseconds. */
export interface TimeoutsConfig {
  readonly header: number;
  readonly body: number;
  readonly connect: number;
  readonly firstByte: number;
  /** From a TLS connection's first bytes to the end of its ClientHello. */
  readonly clientHello: number;
  readonly idle: number;
  readonly tunnelFirstByte: number;
  readonly tunnelIdle: number;
  readonly proxyHeader: number;
  /** Of a client that may wait for its origin to speak first. */
  readonly silence: number;
}

/** Milliseconds. */
export interface ShutdownConfig {
  /** How long listeners stay open after `/readyz` has turned to 503. */
  readonly lameDuckMs: number;
  /** From then on: how long requests and tunnels may take to finish. */
  readonly drainMs: number;
}
