/**
 * A listener of mode dns: one address and port for UDP and TCP, the resolvers behind it, and what lists say between them.
 *
 *   UDP ─▶ DatagramFront ─┐
 *                         ├─▶ NameJudge (one for both), upstreams of the configuration
 *   TCP ─▶ DnsSession ────┘
 *
 * It must not parse a message.
 */
import type { ListenAt, Listener } from '../../accept/listener.ts';
import type { ListenerView, WorkerContext } from '../../accept/worker-context.ts';
import type { ListenerConfig } from '../../config/types.ts';
import type { Endpoint } from '../../forward/own-endpoints.ts';
import type { Arena, DatagramEnd, Datagrams } from '../../lib/datagrams.ts';
import { ListenError, errnoOf } from '../../lib/errors.ts';
import { DatagramFront } from './datagram-front.ts';
import { NameJudge } from './name-judge.ts';

export class DnsListener implements Listener {
  readonly view: ListenerView;
  readonly #context: WorkerContext;
  readonly #judge: NameJudge;
  readonly #datagrams: DatagramFront;
  #config: ListenerConfig;
  #endpoint: Endpoint | null = null;

  /** @param datagramsIn makes the sockets whose datagrams lie in an arena */
  constructor(
    context: WorkerContext,
    config: ListenerConfig,
    view: Omit<ListenerView, 'route'>,
    datagramsIn: (arena: Arena) => Datagrams,
  ) {
    this.#context = context;
    this.#config = config;
    // Nothing of HTTP goes by it.
    this.view = { ...view, route: context.routes.explicit };
    this.#judge = new NameJudge(context.verdicts, context.config);
    this.#datagrams = new DatagramFront(context, this.view, this.#judge, datagramsIn);
  }

  get endpoint(): Endpoint | null {
    return this.#endpoint;
  }

  async listen({ address, port, key }: ListenAt, held: boolean): Promise<Endpoint> {
    try {
      this.#endpoint = await this.#datagrams.open({ address, port }, null);
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
    await this.#useUpstreams(config);
  }

  release(): void {
    this.#datagrams.start();
  }

  close(): void {
    this.#datagrams.drain();
  }

  async #useUpstreams({ dns }: ListenerConfig): Promise<void> {
    if (dns !== null) await this.#datagrams.use(dns.upstream.map(endOf), dns.sendProxyProtocol);
  }
}

/** @param text `192.0.2.53:53` or `[2001:db8::53]:53`, as the configuration has it. */
function endOf(text: string): DatagramEnd {
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
