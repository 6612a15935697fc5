/**
 * What the response to a traced request says of how it came about: the field `Cleanfeed-Trace`, a dictionary of RFC 9651. Only for a request of the one client that is
 * traced which shows the token; all others do not come here but for one comparison.
 *
 *   Cleanfeed-Trace: verdict=block, list="own", entry="own:17", by=path, cache=hit, generation=12, added-us=85
 *
 * Of a protected list it tells the publisher's id and nothing else. It must not change what happens to a request, nor count it again.
 */
import { timingSafeEqual } from 'node:crypto';
import type { LocalResponseKind } from '../../block/local-responses.ts';
import type { ListConfig } from '../../config/list-types.ts';
import { VERDICT, type VerdictCode } from '../../observe/counters.ts';
import type { ByteString } from '../../url/bytes.ts';
import { explain, type LookUp } from '../../verdict/explain.ts';
import { NOT_COUNTED, VerdictService } from '../../verdict/verdict-service.ts';
import { byteString } from '../../wire/bytes.ts';
import { METHOD } from '../../wire/request-head.ts';
import type { ConnectionHost } from '../connection-part.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { Decision } from './judge-request.ts';

export const TRACE_FIELD = 'Cleanfeed-Trace';
const FIELD_NAME = TRACE_FIELD.toLowerCase();
/** Nobody needs more, and a head has room for it. */
const MAX_TEXT = 200;

type Members = readonly (readonly [name: string, value: string])[];

export class RequestTrace {
  readonly #context: WorkerContext;
  readonly #host: ConnectionHost;
  readonly #hits: number;
  readonly #misses: number;
  readonly #startedAt: number;
  #judged: Members = [];
  #upstream: Members = [];

  private constructor(context: WorkerContext, host: ConnectionHost, startedAt: number) {
    this.#context = context;
    this.#host = host;
    this.#startedAt = startedAt;
    const { hits, misses } = context.verdicts.matcher;
    this.#hits = hits;
    this.#misses = misses;
  }

  /**
   * Before a request is judged, whose head is in the thread's parser.
   * @param startedAt precise time.
   * @returns null if it is not traced.
   */
  static begin(context: WorkerContext, host: ConnectionHost, buf: Buffer, startedAt: number): RequestTrace | null {
    const { trace, request } = context;
    if (trace === null || host.client.address !== trace.client) return null;
    const shown = request.fields.find(buf, FIELD_NAME);
    return shown !== null && isSame(shown, trace.token) ? new RequestTrace(context, host, startedAt) : null;
  }

  /** @param buf of the head, which is still in the parser. */
  judged(decision: Decision, buf: Buffer): void {
    const { request: head, clock, verdicts } = this.#context;
    const addedUs = Math.round((clock.precise() - this.#startedAt) * 1000);
    const { hits, misses } = verdicts.matcher;
    const cache = hits > this.#hits ? 'hit' : misses > this.#misses ? 'miss' : 'none';
    const target = byteString(buf, head.targetStart, head.targetEnd);
    this.#judged = [
      ...verdictOf(decision),
      ...this.#explained(head.method === METHOD.connect ? `https://${target}/` : target),
      ['cache', cache],
      ['generation', String(this.#context.generation())],
      ['listener', quoted(this.#host.listener.name)],
      ['judged-us', String(addedUs)],
    ];
  }

  /** The first byte of an answer has come. @param waitedMs since the request went out. */
  answered(waitedMs: number, reused: boolean): void {
    this.#upstream = [
      ['upstream-us', String(Math.round(waitedMs * 1000))],
      ['connection', reused ? 'reused' : 'new'],
    ];
  }

  /** It is answered with a response of our own. */
  responded(response: LocalResponseKind): void {
    this.#upstream = [['response', response]];
  }

  /** The field line, its CRLF included. */
  get line(): string {
    const members = [...this.#judged, ...this.#upstream].map(([name, value]) => `${name}=${value}`);
    return `${TRACE_FIELD}: ${members.join(', ')}\r\n`;
  }

  /** @returns a whole response of our own with the field. */
  in(response: Buffer): Buffer {
    const at = response.indexOf('\r\n') + 2;
    return Buffer.concat([response.subarray(0, at), Buffer.from(this.line, 'latin1'), response.subarray(at)]);
  }

  #explained(url: ByteString): Members {
    const { verdicts, config } = this.#context;
    const { client } = this.#host;
    const asked = new VerdictService({
      matcher: verdicts.matcher,
      rules: verdicts.rules,
      counter: NOT_COUNTED,
      refresh: () => {},
    });
    asked.today = verdicts.today;
    asked.off = verdicts.off;
    const { verdict, decidedBy } = verdicts.matcher.uncounted(() => explain(asked, url, this.#host));
    return [
      ...(verdicts.bypass ? ([['bypass', '?1']] as const) : []),
      ...(client.exempt ? ([['exempt', '?1']] as const) : []),
      ...(client.policy === null ? [] : ([['policy', quoted(client.policy.name)]] as const)),
      ...(verdict === null || verdict.list < 0 ? [] : entryMembers(config.lists[verdict.list], verdict.entry)),
      ...(decidedBy === null || verdict === null || verdict.list < 0 ? [] : lookUpMembers(decidedBy)),
    ];
  }
}

function nameOf(verdict: VerdictCode): string {
  return Object.entries(VERDICT).find(([, code]) => code === verdict)?.[0] ?? '';
}

function verdictOf(decision: Decision): Members {
  if (decision.kind === 'block') return [['verdict', 'block']];
  return [['verdict', nameOf(decision.verdict)]];
}

/** As `explain` names it. */
function entryMembers(list: ListConfig | undefined, id: bigint): Members {
  if (list === undefined) return [];
  const entry = list.source.kind === 'tuf' ? String(BigInt.asUintN(64, id)) : `${list.name}:${id}`;
  return [
    ['list', quoted(list.name)],
    ['entry', quoted(entry)],
  ];
}

function lookUpMembers({ table, reading, fold }: LookUp): Members {
  return [
    ['by', table],
    ...(reading === null ? [] : ([['reading', quoted(reading)]] as const)),
    ...(fold === null ? [] : ([['fold', quoted(fold)]] as const)),
  ];
}

/** A string of RFC 9651. */
function quoted(text: string): string {
  return `"${text
    .slice(0, MAX_TEXT)
    .replaceAll(/[^\u0020-\u007e]/g, '?')
    .replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')];
  return left.length === right.length && timingSafeEqual(left, right);
}
