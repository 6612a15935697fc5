/**
 * The verdict that a worker would give, from the project's own parts in the same order: head parser, request target, host
 * facts, judge; on lists that went through the text grammar and the compiler.
 */
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { openCompiledList } from '../../src/list/format/compiled-file.ts';
import { yieldToEventLoop } from '../../src/lib/pauses.ts';
import type { ListAction } from '../../src/lib/types.ts';
import type { HostFacts } from '../../src/match/host-facts.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { imageOf } from '../../src/match/segment-records.ts';
import { openSnapshot } from '../../src/match/snapshot.ts';
import { Judge } from '../../src/policy/judge.ts';
import { byteString } from '../../src/wire/bytes.ts';
import { RequestHead } from '../../src/wire/request-head.ts';
import { RequestTarget } from '../../src/wire/request-target.ts';
import { explainedBy } from '../verdict/support.ts';
import { entriesOf } from './site.ts';
import type { Fold } from './site.ts';

/** `malformed`: no head that the parser takes, so it goes nowhere. `refuse`: 400 by the judge. */
export type Judged = ReturnType<Judge['url']>['action'] | 'malformed';

export interface SiteOnHost {
  readonly host: string;
  readonly fold: readonly Fold[];
}

export interface ListTexts {
  readonly block: string;
  readonly allow: string;
}

const TODAY = 20_000;
const ALL_LISTS = -1;
const ACTIONS = ['block', 'allow'] as const satisfies readonly ListAction[];
const LIMITS = { requestLineBytes: 65_536, headerBytes: 65_536, headerCount: 100 };

export function listTexts(sites: readonly SiteOnHost[]): ListTexts {
  const entries = sites.map(({ host, fold }) => entriesOf(host, fold));
  // A list without entries needs a line.
  const text = (lines: readonly string[]): string => ['# conformance', ...lines].map((line) => `${line}\n`).join('');
  return { block: text(entries.flatMap(({ block }) => block)), allow: text(entries.flatMap(({ allow }) => allow)) };
}

/** Is what got this verdict sent on? */
export function isPassed(judged: Judged): boolean {
  return judged === 'pass' || judged === 'allow' || judged === 'count';
}

export class Filter {
  readonly #judge: Judge;
  readonly #matcher: Matcher;
  readonly #head = new RequestHead(LIMITS);
  readonly #target = new RequestTarget();
  readonly #buffer = Buffer.alloc(LIMITS.headerBytes * 2);

  static async of(texts: ListTexts): Promise<Filter> {
    const images = [];
    for (const [index, action] of ACTIONS.entries()) {
      const compiled = compileToFile(Buffer.from(texts[action], 'latin1'), { action, today: TODAY });
      if (compiled.file === null)
        throw new Error(`the list of the run has faults: ${JSON.stringify(compiled.badLines)}`);
      images.push(imageOf((await openCompiledList(compiled.file, yieldToEventLoop)).segment, index));
    }
    const matcher = new Matcher({ cacheEntries: 1000 });
    matcher.use(openSnapshot(images));
    return new Filter(matcher);
  }

  private constructor(matcher: Matcher) {
    this.#matcher = matcher;
    this.#judge = new Judge(
      matcher,
      ACTIONS.map((action) => ({ action })),
    );
  }

  /** Does the head parser take it, and does it say what is to be judged? What is malformed goes nowhere. */
  isSound(host: string, port: number, target: string): boolean {
    return this.#read(host, port, target) !== null;
  }

  /** `GET http://HOST:PORT<target>`. */
  judged(host: string, port: number, target: string): Judged {
    const facts = this.#read(host, port, target);
    if (facts === null) return 'malformed';
    const { port: asked, pathStart, pathEnd } = this.#target;
    return this.#judge.url(facts, byteString(this.#buffer, pathStart, pathEnd), {
      port: asked,
      listMask: ALL_LISTS,
      today: TODAY,
    }).action;
  }

  /** Path and query on a host, as they came, in whatever request. */
  judgedAt(host: string, path: string): Judged {
    const facts = this.#matcher.lookup(host);
    if (facts === null) return 'malformed';
    return this.#judge.url(facts, path, { port: 80, listMask: ALL_LISTS, today: TODAY }).action;
  }

  /** In lines that nobody has read as a request: no host that some entry knows. */
  passesUnread(host: string): boolean {
    const facts = this.#matcher.lookup(host);
    const when = { port: 80, listMask: ALL_LISTS, today: TODAY };
    return facts !== null && isPassed(this.#judge.host(facts, when).action) && !this.#judge.hasPathEntries(facts, when);
  }

  /** The reading under which an entry blocks it, where it is not the canonical form's. */
  blockingReading(host: string, port: number, target: string): string | null {
    return (
      explainedBy(this.#judge, `http://${host}:${port}${target}`, { listMask: ALL_LISTS, today: TODAY }).decidedBy
        ?.reading ?? null
    );
  }

  #read(host: string, port: number, target: string): HostFacts | null {
    const buffer = this.#buffer;
    const length = buffer.write(
      `GET http://${host}:${port}${target} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`,
      'latin1',
    );
    this.#head.begin(0);
    if (this.#head.parse(buffer, length) !== length) return null;
    const at = this.#target;
    if (!at.parseAbsolute(buffer, this.#head.targetStart, this.#head.targetEnd)) return null;
    return this.#matcher.lookup(byteString(buffer, at.hostStart, at.hostEnd));
  }
}
