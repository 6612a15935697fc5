/**
 * One question at all name servers, one after the other, in three rounds that get longer: a lost datagram must not cost the
 * whole time. What was asked stays asked: whoever replies first is heard, also to the first datagram of all, and also for a
 * while after the time, for the next request's sake.
 *
 *   timeout │ 1/7  │ 2/7         │ 4/7                       │      as much again
 *   asked   │ a, b │ a, b        │ a, b                      │ … only listened
 *
 * A server that replies with an error is asked no more, and the next one is asked at once. The question has failed when all
 * have: an error is told as what it is, never as "no such name".
 *
 * Who lets somebody wait is asked after the others for a while. Over TCP that is reckoned apart: where only TCP is closed, as it often is, a
 * server goes on answering all that fits into a datagram.
 */
import type { CanonicalHost } from '../url/host.ts';
import type { AddressRecord, DnsReply, RecordType } from '../wire/dns-message.ts';
import type { Inquiry, NameServer, Transport } from './name-server.ts';

/** Why a question brought neither addresses nor "there is no such name". */
export type ServerFailure = 'failed' | 'refused' | 'unreachable';
export type Outcome = readonly AddressRecord[] | 'no_name' | 'timeout' | ServerFailure;

export interface ServerQuestion {
  /** At least one, in the order in which they are asked. */
  readonly servers: readonly NameServer[];
  readonly host: CanonicalHost;
  readonly type: RecordType;
  /** Milliseconds in which all are asked, three times if need be. */
  readonly timeoutMs: number;
}

const ROUNDS = 3;
/** Of all rounds; each is twice as long as the one before. */
const SHARES = 2 ** ROUNDS - 1;
/** Replies are listened for until so many times the timeout. */
const LISTENING = 2;
/** Milliseconds for which a server that let somebody wait is asked after the others. */
const AVOID_MS = 5000;
/** Of several failures the one is told that says most. */
const TELLING: readonly ServerFailure[] = ['failed', 'refused', 'unreachable'];

/** Calls back once, never from inside the call. */
export function askServers(question: ServerQuestion, done: (outcome: Outcome) => void): void {
  new Asking(question, done).next();
}

class Asking {
  readonly #question: ServerQuestion;
  readonly #done: (outcome: Outcome) => void;
  readonly #servers: readonly NameServer[];
  readonly #inquiries = new Map<NameServer, Inquiry>();
  readonly #failures = new Map<NameServer, ServerFailure>();
  /** Their reply did not fit into a datagram. */
  readonly #overTcp = new Set<NameServer>();
  readonly #listenUntil: number;
  #step = 0;
  #last: NameServer | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(question: ServerQuestion, done: (outcome: Outcome) => void) {
    const { servers, timeoutMs } = question;
    const now = performance.now();
    this.#question = question;
    this.#done = done;
    this.#servers = [
      ...servers.filter(({ avoidUntil }) => avoidUntil <= now),
      ...servers.filter(({ avoidUntil }) => avoidUntil > now),
    ];
    this.#listenUntil = now + LISTENING * timeoutMs;
  }

  /** Asks the next server, or again; when all have been asked often enough, only listens. */
  next(): void {
    const { length } = this.#servers;
    while (this.#step < ROUNDS * length) {
      const server = this.#servers[this.#step % length];
      const share = 2 ** Math.floor(this.#step / length) / SHARES / length;
      this.#step++;
      if (server === undefined || this.#failures.has(server)) continue;
      this.#last = server;
      this.#inquiryAt(server).send();
      this.#wait(share * this.#question.timeoutMs, () => this.#nobodyReplied(server));
      return;
    }
    this.#wait(Math.max(this.#listenUntil - performance.now(), 1), () => this.#end('timeout'));
  }

  #inquiryAt(server: NameServer): Inquiry {
    const { host, type } = this.#question;
    const known = this.#inquiries.get(server);
    if (known !== undefined) return known;
    const inquiry = server.ask(host, type, {
      onReply: (reply) => this.#replied(server, reply),
      onUnreachable: (over) => {
        avoid(server, over);
        this.#failed(server, 'unreachable');
      },
      onTruncated: () => this.#truncated(server),
    });
    this.#inquiries.set(server, inquiry);
    return inquiry;
  }

  #replied(server: NameServer, reply: Exclude<DnsReply, 'truncated'>): void {
    if (this.#overTcp.has(server)) server.avoidStreamUntil = -Infinity;
    else server.avoidUntil = -Infinity;
    if (reply === 'failed' || reply === 'refused') this.#failed(server, reply);
    else this.#end(reply);
  }

  /** The rest of its turn it has for TCP, unless nobody was there a moment ago. */
  #truncated(server: NameServer): void {
    server.avoidUntil = -Infinity;
    this.#overTcp.add(server);
    const hasOthers = this.#servers.some((other) => !this.#overTcp.has(other) && !this.#failures.has(other));
    if (hasOthers && server === this.#last && server.avoidStreamUntil > performance.now()) this.next();
  }

  #failed(server: NameServer, failure: ServerFailure): void {
    this.#failures.set(server, failure);
    if (this.#failures.size === this.#servers.length) {
      const failures = new Set(this.#failures.values());
      this.#end(TELLING.find((told) => failures.has(told)) ?? failure);
    } else if (server === this.#last) this.next();
  }

  #nobodyReplied(server: NameServer): void {
    avoid(server, this.#overTcp.has(server) ? 'tcp' : 'udp');
    this.next();
  }

  #wait(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms).unref();
  }

  #end(outcome: Outcome): void {
    clearTimeout(this.#timer);
    for (const inquiry of this.#inquiries.values()) inquiry.cancel();
    this.#done(outcome);
  }
}

function avoid(server: NameServer, over: Transport): void {
  const until = performance.now() + AVOID_MS;
  if (over === 'tcp') server.avoidStreamUntil = until;
  else server.avoidUntil = until;
}
