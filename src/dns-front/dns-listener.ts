/**
 * A listener of mode dns: one address and port for UDP and TCP, the resolvers behind it, and what lists say between them.
 *
 *   UDP ─▶ DatagramFront ─┐
 *                         ├─▶ NameJudge (one for both), upstreams of the configuration
 *   TCP ─▶ DnsSession ────┘
 *
 * It must not parse a message.
 */
import type { ConnectionHost } from '../accept/connection-part.ts';
import type { ListenAt, Listener } from '../accept/listener.ts';
import { StreamListener } from '../accept/stream-listener.ts';
import type { ListenerView, WorkerContext } from '../accept/worker-context.ts';
import type { ListenerConfig } from '../config/types.ts';
import { serverAddress } from '../stub-resolver/server-address.ts';
import type { Endpoint } from '../forward/own-endpoints.ts';
import type { Arena, Datagrams } from './datagrams/datagrams.ts';
import { ListenError, errnoOf } from '../lib/errors.ts';
import { DROPPED } from '../observe/counters.ts';
import { writeProxyHeader } from '../wire/proxy-header.ts';
import { ClientShares } from './client-shares.ts';
import { DatagramFront } from './datagram-front.ts';
import { DnsSession } from './dns-session.ts';
import { NameJudge } from './name-judge.ts';
import type { StreamUpstreams } from './stream-exchange.ts';
import type { Upstream } from './upstream.ts';
import { KeptStreams, UpstreamStream, type StreamOwner } from './upstream-stream.ts';

/** A port that the system chose for TCP may be in use for UDP. */
const TRIES = 8;

export class DnsListener implements Listener {
  readonly view: ListenerView;
  readonly #context: WorkerContext;
  readonly #judge: NameJudge;
  readonly #datagrams: DatagramFront;
  readonly #kept: KeptStreams;
  #streams: StreamListener;
  #config: ListenerConfig;
  #endpoint: Endpoint | null = null;
  /** Other resolvers are configured than are asked. */
  #isBehind = false;
  #isClosed = false;
  /** Connections of clients. */
  #sessions = 0;
  readonly #shares = new ClientShares();

  /** @param datagramsIn makes the sockets whose datagrams lie in an arena */
  constructor(
    context: WorkerContext,
    config: ListenerConfig,
    view: Omit<ListenerView, 'route' | 'isForAll'>,
    datagramsIn: (arena: Arena) => Datagrams,
  ) {
    this.#context = context;
    this.#config = config;
    // Nothing of HTTP goes by it.
    this.view = { ...view, route: context.routes.explicit, isForAll: false };
    this.#judge = new NameJudge(context.verdicts, context.config);
    this.#kept = new KeptStreams();
    this.#datagrams = new DatagramFront(context, this.view, this.#judge, {
      datagramsIn,
      swept: () => this.#swept(),
      closed: () => this.#closed(),
    });
    this.#streams = this.#newStreams();
  }

  get endpoint(): Endpoint | null {
    return this.#endpoint;
  }

  get receiveBuffer(): number {
    return this.#datagrams.receiveBuffer;
  }

  async listen(at: ListenAt, held: boolean): Promise<Endpoint> {
    const { address, port, key } = at;
    this.#endpoint = await this.#open(at, TRIES);
    try {
      await this.#useUpstreams(this.#config);
    } catch (error) {
      throw new ListenError({ key, address, port }, errnoOf(error), { cause: error });
    }
    if (!held) this.release();
    return this.#endpoint;
  }

  async configure(config: ListenerConfig): Promise<void> {
    this.#config = config;
    this.#judge.configure(this.#context.config);
    await this.#useUpstreamsSoon();
  }

  /** Those that were asked before go on being asked until there are sockets for others. */
  async #useUpstreamsSoon(): Promise<void> {
    this.#isBehind = false;
    try {
      await this.#useUpstreams(this.#config);
    } catch {
      this.#isBehind = true;
    }
  }

  #swept(): void {
    this.#kept.sweep(this.#context.clock.now);
    if (this.#isBehind) void this.#useUpstreamsSoon();
  }

  release(): void {
    this.#datagrams.start();
    this.#streams.release();
  }

  /** Who waits gets the answer; whoever has a connection is told by its end that nobody is here any more. */
  close(): void {
    this.#streams.close();
    this.#datagrams.drain();
    for (const connection of this.#context.connections) if (connection.listener === this.view) connection.drain();
  }

  #closed(): void {
    this.#isClosed = true;
    this.#kept.close();
  }

  /** Both sockets, on one port; held. */
  async #open(at: ListenAt, tries: number): Promise<Endpoint> {
    const { address, port, key } = at;
    const endpoint = await this.#streams.listen(at, true);
    try {
      return await this.#datagrams.open({ address, port: endpoint.port });
    } catch (error) {
      this.#streams.close();
      if (port !== 0 || tries <= 1) throw new ListenError({ key, address, port }, errnoOf(error), { cause: error });
    }
    this.#streams = this.#newStreams();
    return await this.#open(at, tries - 1);
  }

  #newStreams(): StreamListener {
    return new StreamListener(this.#context, this.view, {
      terms: {
        isSilent: true,
        takesDatagramHeaders: true,
        hasPlace: ({ prefix, isOneClient }) =>
          !isOneClient || this.#shares.of(prefix).taken < this.#context.config.resolver.front.tcpPerClient,
      },
      begin: () => {
        if (this.#sessions >= this.#context.config.resolver.front.tcpConnections) return DROPPED.connection_limit;
        return (context, host, port) => {
          const share = this.#shares.of(host.client.prefix);
          this.#sessions += 1;
          share.taken += 1;
          const closed = (): void => {
            this.#sessions -= 1;
            share.taken -= 1;
          };
          return new DnsSession(context, host, port, {
            judge: this.#judge,
            upstreams: this.#upstreamsOf(host),
            closed,
          });
        };
      },
    });
  }

  async #useUpstreams({ dns }: ListenerConfig): Promise<void> {
    if (dns !== null) await this.#datagrams.use(dns.upstream.map(serverAddress), dns.sendProxyProtocol);
  }

  #upstreamsOf(host: ConnectionHost): StreamUpstreams {
    const datagrams = this.#datagrams;
    return {
      another: (tried) => datagrams.upstreams.anotherStream(tried),
      toProbe: (now) => datagrams.upstreams.streamToProbe(now),
      markDown: (upstream, now) => datagrams.upstreams.markStreamDown(upstream, now),
      connect: (upstream, owner) => this.#connect(upstream, owner, host),
      release: (stream) => this.#release(stream),
      leave: (stream) => this.#leave(stream),
    };
  }

  #connect(upstream: Upstream, owner: StreamOwner, { client, clientPort }: ConnectionHost): UpstreamStream {
    if (this.#config.dns?.sendProxyProtocol !== true)
      return this.#kept.take(upstream, owner) ?? new UpstreamStream(upstream, owner, null);
    const source = { address: client.address, port: clientPort };
    const destination = this.#endpoint ?? upstream.at;
    return new UpstreamStream(upstream, owner, writeProxyHeader(2, { source, destination }));
  }

  #leave(stream: UpstreamStream): void {
    const { clock, config, state } = this.#context;
    if (this.#isClosed || state.closed) return stream.close();
    this.#kept.leave(stream, clock.now + config.resolver.front.timeoutMs);
  }

  #release(stream: UpstreamStream): void {
    const { clock, config, state } = this.#context;
    if (this.#isClosed || state.closed) return stream.close();
    this.#kept.keep(stream, clock.now + config.resolver.front.tcpIdleMs);
  }
}
