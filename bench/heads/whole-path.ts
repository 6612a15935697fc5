/**
 * A head through everything that happens before another connection gets its turn, without sockets.
 *
 *   request   input ─▶ parser ─▶ target ─▶ host, never seen ─▶ lists ─▶ verdict ─┬─ written for the origin
 *                                                                               └─ block page chosen
 *   response  parser ─▶ repair ─▶ written for the client
 *
 * The parts are those of a data thread with the default limits, and lists that have entries of every kind on the hosts of
 * `LISTED`, in four segments, which is the most there are. Nothing is remembered from one head to the next.
 */
import { chooseLanguage, wantsHtml } from '../../src/block/negotiate.ts';
import { ClientInput } from '../../src/accept/http/client-input.ts';
import { judgeRequest } from '../../src/accept/http/judge-request.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/types.ts';
import { ResponseHeadBuffer } from '../../src/forward/response-head-buffer.ts';
import { listEntries } from '../../src/list/text/compile.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import { buildSegment, openSnapshot } from '../../src/match/snapshot.ts';
import type { Snapshot } from '../../src/match/snapshot.ts';
import type { Asker } from '../../src/accept/http/judge-request.ts';
import { byteString } from '../../src/wire/bytes.ts';
import { NEED_MORE } from '../../src/wire/field-section.ts';
import { writeRequest, upgradeOffer } from '../../src/wire/write-request.ts';
import { writeResponse } from '../../src/wire/write-response.ts';
import { composeWorker } from '../../src/workers/compose-worker.ts';
import type { MutableWorkerContext } from '../../src/workers/compose-worker.ts';
import { COUNTER_LAYOUT, SlotRegister } from '../../src/workers/counter-slots.ts';
import { listRules } from '../../src/workers/list-rules.ts';
import { CONTROL_BYTES } from '../../src/workers/messages.ts';

/** Has entries on paths of every kind and depth; `many.example` has the most entries that one key may have. */
export const LISTED = 'listed.example';
const TODAY = 20_000;
const DEPTHS = 32;
const LISTS = ['block', 'allow', 'count', 'block'] as const;

export class WholePath {
  readonly #context: MutableWorkerContext;
  readonly #snapshot: Snapshot;
  readonly #pending: ResponseHeadBuffer;
  readonly #requester: Asker;

  constructor() {
    const config = settings();
    const slots = new SlotRegister().assign(config);
    if (slots === null) throw new Error('no slots');
    const shared = {
      control: new SharedArrayBuffer(CONTROL_BYTES),
      counters: new SharedArrayBuffer(COUNTER_LAYOUT.bytes(1)),
    };
    const context = composeWorker(
      {
        config,
        rules: listRules(config, slots, 1),
        worker: 0,
        pseudonym: 'hop-0123456789abcdef',
        admin: { address: '192.0.2.1', port: 9090 },
        ...shared,
      },
      () => {},
    );
    context.verdicts.today = TODAY;
    this.#context = context;
    this.#snapshot = openSnapshot(
      LISTS.map((action, list) =>
        buildSegment(listEntries(Buffer.from(listText(action)), { list, action, today: TODAY }), randomSegmentKeys()),
      ),
    );
    this.#pending = new ResponseHeadBuffer(config.limits.responseHeadBytes);
    this.#requester = { client: context.clients.client('192.0.2.1'), listener: { listMask: -1 } };
    this.forget();
  }

  /** What a data thread would remember of hosts. */
  forget(): void {
    this.#context.verdicts.matcher.use(this.#snapshot);
  }

  /** What became of it: `need more`, a status of a refusal, or the kind of the decision. */
  request(bytes: Buffer): string {
    const { request: head, config, batch, via } = this.#context;
    const input = new ClientInput();
    input.add(bytes);
    const headEnd = input.readHead(head, config.limits);
    if (headEnd === NEED_MORE) return 'need more';
    if (headEnd < 0) return String(-headEnd);
    const decision = judgeRequest(this.#context, this.#requester, input.bytes);
    if (decision.kind === 'local') return decision.response;
    if (decision.kind === 'forward') {
      const upgrade = upgradeOffer(input.bytes, head, config.upgrade.protocols);
      const rewrite = {
        host: decision.destination.authority,
        via: via[1],
        forwarded: 'append' as const,
        client: '192.0.2.1',
        upgrade,
      };
      writeRequest(batch.begin(), input.bytes, head, this.#context.target, rewrite);
    } else if (decision.kind === 'block') {
      decision.page(false);
      // The pages remember what they chose for a field; a client need not send one twice.
      chooseLanguage(['en', 'fr'], head.fields.find(input.bytes, 'accept-language'));
      wantsHtml(head.fields.find(input.bytes, 'accept'));
    }
    return decision.kind;
  }

  /** As forward/response-relay.ts takes a first read. */
  response(bytes: Buffer): string {
    const { response: head, batch, via } = this.#context;
    let source = bytes;
    let after = head.parse(source, 0, source.length);
    if (after < 0) {
      const repaired = this.#pending.repair(source, 0, source.length, true);
      if (repaired === null) return 'malformed';
      if (this.#pending.waiting) return 'need more';
      source = repaired;
      after = head.parse(source, 0, source.length);
    }
    if (after === NEED_MORE) return this.#pending.keep(source, 0, source.length) ? 'need more' : 'malformed';
    if (after < 0) return 'malformed';
    if (head.hasUpgrade) byteString(source, 0, after);
    writeResponse(batch.begin(), source, head, { via: via[1], chunked: false, connection: 'Connection: close\r\n' });
    return source === bytes ? 'strict' : 'repaired';
  }
}

function settings(): Config {
  const lists = LISTS.map((action, i) => ({ name: `l${i}`, source: './l.txt', action }));
  const loaded = parseConfig(JSON.stringify({ lists, connect: { ports: ['1-65535'] } }), 'bench.yaml', {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

/** Entries of every kind: pages, URLs, directories of each depth, with and without subdomains and ports. */
function listText(action: (typeof LISTS)[number]): string {
  const ending = action === 'allow' ? ' reason="r" expires=2030-01-01\n' : '\n';
  const addresses = [
    `http://${LISTED}/page?*`,
    `http://${LISTED}/url?q=1`,
    `*.${LISTED}/sub/*`,
    `*.${LISTED}/page?*`,
    `http://${LISTED}:8080/page?*`,
  ];
  for (let depth = 1; depth <= DEPTHS; depth += 1)
    addresses.push(`${LISTED}/${'a/'.repeat(depth)}*`, `*.${LISTED}/${'b/'.repeat(depth)}*`);
  for (const fold of ['case', 'params', 'slash', 'case,params', 'case,slash', 'params,slash', 'case,params,slash'])
    addresses.push(`http://${LISTED}/folded?* fold=${fold}`, `${LISTED}/folded/dir/* fold=${fold}`);
  // Every parent of a name of many labels has entries of its own.
  for (let labels = 1; labels < 60; labels += 1) addresses.push(`*.${'a.'.repeat(labels)}deep.example/dir/*`);
  return addresses.map((address) => `${address}${ending}`).join('');
}
