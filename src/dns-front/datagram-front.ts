/**
 * The UDP side of a DNS listener: whose question it is, what it asks, and who answers it.
 *
 *   client ─▶ whose (PROXY header, client list) ─▶ question ─▶ judge ─┬─ answer ──────▶ client
 *                                                                     └─ exchanges ─▶ resolver
 *
 * What passes goes on and back as it came, but for the id. It must not parse names, nor choose an upstream.
 */
import type { Client } from '../accept/client-registry.ts';
import type { ListenerView, OpenConnection, WorkerContext } from '../accept/worker-context.ts';
import {
  Arena,
  PEER_BYTES,
  ROOM_BYTES,
  type DatagramEnd,
  type Datagrams,
  type DatagramSocket,
} from './datagrams/datagrams.ts';
import { DNS_DROPPED, DNS_TRANSPORT, DNS_VERDICT } from '../observe/counters.ts';
import { RCODE, writeAnswer, writeBareError, type OwnAnswer, type Rcode } from '../wire/dns-answer.ts';
import { HEADER_BYTES, Question, readQuestion } from '../wire/dns-question.ts';
import { ClientLookup } from './client-lookup.ts';
import { ClientShares } from './client-shares.ts';
import { Exchanges } from './exchanges.ts';
import { InFlight, type Asked } from './in-flight.ts';
import type { NameJudge } from './name-judge.ts';
import { ProxyIn } from './proxy-in.ts';
import { ProxyOut } from './proxy-out.ts';
import { RandomNumbers } from './random-numbers.ts';
import type { Upstreams } from './upstreams.ts';

/** Our own answers lie in the room of the query, so far behind it. */
const ANSWER_AT = 0x8000;
const ANSWER_BYTES = 1232;
const NONE_DOWN: ReturnType<Upstreams['down']> = { udp: 0, tcp: 0 };
/** Of a header: numbers of records behind the question. */
const COUNTS_AT = 6;

export interface DatagramOwner {
  readonly datagramsIn: (arena: Arena) => Datagrams;
  /** About four times a second. */
  readonly swept: () => void;
  readonly closed: () => void;
}

export class DatagramFront implements OpenConnection {
  readonly listener: ListenerView;
  /** It is many clients'. */
  client: null = null;
  place = -1;
  readonly #context: WorkerContext;
  readonly #owner: DatagramOwner;
  readonly #judge: NameJudge;
  readonly #arena: Arena;
  readonly #datagrams: Datagrams;
  readonly #clients: ClientLookup;
  readonly #proxyIn: ProxyIn;
  readonly #exchanges: Exchanges;
  /** A place for an answer in each room. */
  readonly #answers: readonly Buffer[];
  readonly #question = new Question();
  readonly #asker: { client: Client; readonly listener: ListenerView };
  readonly #shares = new ClientShares();
  readonly #asked: Asked = { at: 0, length: 0, questionBytes: 0, peer: 0, headBytes: 0, share: { taken: 0 } };
  #socket: DatagramSocket | null = null;
  #proxyOut: ProxyOut | null = null;
  #receiveBuffer = 0;
  #roomAskedFor = 0;
  #isLeaving = false;
  #shown = 0;
  #shownDown = NONE_DOWN;

  constructor(context: WorkerContext, listener: ListenerView, judge: NameJudge, owner: DatagramOwner) {
    const { inFlight: capacity } = context.config.resolver.front;
    const random = new RandomNumbers();
    const arena = new Arena(InFlight.bytes(capacity) + PEER_BYTES);
    this.#context = context;
    this.#owner = owner;
    this.listener = listener;
    this.#judge = judge;
    this.#arena = arena;
    this.#datagrams = owner.datagramsIn(arena);
    this.#clients = new ClientLookup(context.clients, random.next() * 0x1_0000 + random.next());
    this.#proxyIn = new ProxyIn(context, arena.bytes, arena.own + InFlight.bytes(capacity));
    this.#asker = { client: context.clients.client(''), listener };
    this.#answers = arena.rooms.map((room) => arena.bytes.subarray(room + ANSWER_AT, room + ANSWER_AT + ANSWER_BYTES));
    this.#exchanges = new Exchanges(context, {
      arena,
      datagrams: this.#datagrams,
      random,
      capacity,
      clients: {
        send: (at, length, peer) => this.#socket?.queue(at, length, peer),
        answer: (slot, answer, place) => this.#answerKept(slot, answer, place),
        flush: () => this.#socket?.flush(),
      },
    });
  }

  /** Rejects with an errno name as `code`. */
  async open(at: DatagramEnd): Promise<DatagramEnd> {
    this.#socket = await this.#datagrams.bind(at);
    this.#makeRoom();
    return this.#socket.own;
  }

  /** Bytes of questions that wait in the kernel: what the system has granted. */
  get receiveBuffer(): number {
    return this.#receiveBuffer;
  }

  #makeRoom(): void {
    const { receiveBufferBytes } = this.#context.config.resolver.front;
    if (this.#socket === null || receiveBufferBytes === this.#roomAskedFor) return;
    this.#roomAskedFor = receiveBufferBytes;
    this.#receiveBuffer = this.#socket.setReceiveBuffer(receiveBufferBytes);
  }

  /** Asks these resolvers from now on. Rejects if there are no sockets for that. */
  async use(upstream: readonly DatagramEnd[], sendsProxyHeader: boolean): Promise<void> {
    this.#makeRoom();
    await this.#exchanges.use(upstream);
    this.#proxyOut = sendsProxyHeader && this.#socket !== null ? new ProxyOut(this.#socket.own) : null;
  }

  get upstreams(): Upstreams {
    return this.#exchanges.upstreams;
  }

  /** From now on it is read. */
  start(): void {
    if (this.place >= 0 || this.#socket === null) return;
    this.#context.connections.add(this);
    this.#socket.start({
      received: (at, length, peer) => this.#received(at, length, peer),
      afterRead: () => {
        this.#exchanges.endTurn();
        this.#socket?.flush();
      },
      unreachable: () => {},
    });
  }

  /** Nobody new is answered; whoever waits gets the answer. */
  drain(): void {
    if (this.#isLeaving) return;
    this.#socket?.leave();
    this.#isLeaving = true;
    this.#closeIfDone();
  }

  close(): void {
    if (this.#socket === null) return;
    this.#socket.close();
    this.#socket = null;
    this.#exchanges.close();
    this.#owner.closed();
    this.#show(0, NONE_DOWN);
    if (this.place >= 0) this.#context.connections.delete(this);
    this.place = -1;
  }

  holdBack(): void {
    // No head comes here.
  }

  sweep(): void {
    if (this.#socket === null) return;
    this.#exchanges.sweep();
    this.#owner.swept();
    const drops = this.#socket.newDrops();
    if (drops > 0) this.#context.counters.dnsDropped(DNS_DROPPED.receive_buffer, drops);
    this.#show(this.#exchanges.inFlight.size, this.#exchanges.upstreams.down(this.#context.clock.now));
    if (this.#isLeaving) this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#exchanges.inFlight.size === 0) this.close();
  }

  /** What the gauges say of this front. */
  #show(inFlight: number, down: typeof NONE_DOWN): void {
    const { counters } = this.#context;
    const { slot } = this.listener;
    counters.dnsInFlight(inFlight - this.#shown);
    counters.dnsResolverDown(slot, DNS_TRANSPORT.udp, down.udp - this.#shownDown.udp);
    counters.dnsResolverDown(slot, DNS_TRANSPORT.tcp, down.tcp - this.#shownDown.tcp);
    this.#shown = inFlight;
    this.#shownDown = down;
  }

  #received(at: number, length: number, peer: number): void {
    const { counters } = this.#context;
    const { proxySenders } = this.listener;
    const { bytes } = this.#arena;
    let start = at;
    let whose = peer;
    if (proxySenders !== null) {
      const head = this.#proxyIn.read(proxySenders, at, length, peer);
      if (head < 0) return;
      start += head;
      whose = this.#proxyIn.client;
    }
    const client = this.#clients.of(bytes, whose);
    if (!client.allowed) return counters.dnsDropped(DNS_DROPPED.client_denied);
    const end = at + length;
    switch (readQuestion(bytes, start, end, this.#question)) {
      case 'question':
        return this.#judged(client, start, end, peer, whose);
      case 'other':
        counters.dnsQuery(this.listener.slot, DNS_VERDICT.pass);
        this.#asker.client = client;
        return this.#pass(null, start, end, peer, whose);
      case 'unsupported':
        return this.#refuse(RCODE.notImp, start, peer);
      case 'malformed':
        return this.#refuse(RCODE.formErr, start, peer);
      case 'drop':
        return counters.dnsDropped(DNS_DROPPED.not_a_query);
    }
  }

  #judged(client: Client, start: number, end: number, peer: number, whose: number): void {
    this.#asker.client = client;
    const answer = this.#judge.judge(this.#question, this.#asker);
    this.#context.counters.dnsQuery(this.listener.slot, this.#judge.verdict);
    if (answer !== null && !this.#judge.isUnlessSigned)
      this.#answer(start, peer, (into) =>
        writeAnswer(this.#arena.bytes, this.#question, answer, into, this.#question.udpSize),
      );
    else this.#pass(answer, start, end, peer, whose);
  }

  #refuse(rcode: Rcode, start: number, peer: number): void {
    this.#context.counters.dnsQuery(this.listener.slot, DNS_VERDICT.error);
    this.#answer(start, peer, (into) => writeBareError(this.#question, rcode, into));
  }

  /** @param place in whose room the answer is written */
  #answer(place: number, peer: number, write: (into: Buffer) => number): void {
    const room = Math.floor(place / ROOM_BYTES);
    const into = this.#answers[room];
    if (into !== undefined) this.#socket?.queue((this.#arena.rooms[room] ?? 0) + ANSWER_AT, write(into), peer);
  }

  #pass(unlessSigned: OwnAnswer | null, start: number, end: number, peer: number, whose: number): void {
    const asked = this.#asked;
    asked.at = start;
    asked.length = end - start;
    asked.questionBytes = this.#question.end - start;
    asked.peer = peer;
    asked.headBytes = this.#proxyOut === null ? 0 : this.#proxyOut.writeBefore(this.#arena.bytes, start, whose);
    const { client } = this.#asker;
    asked.share = this.#shares.of(client.prefix);
    this.#exchanges.ask(asked, unlessSigned, client.maxQuestions);
  }

  #answerKept(slot: number, answer: OwnAnswer, place: number): void {
    const { inFlight } = this.#exchanges;
    const { bytes } = this.#arena;
    const at = inFlight.query(slot);
    const isKept = inFlight.isKept(slot);
    // Of a long one header and question are kept: it is answered as if nothing stood behind them.
    if (!isKept) bytes.fill(0, at + COUNTS_AT, at + HEADER_BYTES);
    const { length, questionBytes } = inFlight;
    const end = at + ((isKept ? length : questionBytes)[slot] ?? 0);
    const outcome = readQuestion(bytes, at, end, this.#question);
    if (outcome !== 'question' && outcome !== 'other') return;
    this.#question.id = inFlight.clientId[slot] ?? 0;
    this.#answer(place, inFlight.peer(slot), (into) =>
      writeAnswer(bytes, this.#question, answer, into, this.#question.udpSize),
    );
  }
}
