/**
 * A list on an HTTPS server: asked again at its interval, with ETag and Last-Modified so that an unchanged list costs a
 * few hundred bytes; everything is bounded (http-client.ts). Its versions are told apart by their digests; three places in the state directory:
 *
 *   NAME.cache     what was accepted last: serves at start, and what is new is compared with it
 *   NAME.previous  what was in force before that: `rollback` goes back to it
 *   NAME.notes     which version is held, accepted, pinned (version-notes.ts)
 *
 * It must not write to disk what was not accepted. While the server is away, the list in force simply stays.
 */
import type { HttpTerms } from '../../config/list-types.ts';
import { DEADLINES } from '../../lib/deadlines.ts';
import { errnoOf, fileReason } from '../../lib/errors.ts';
import { throttledYield } from '../../lib/pauses.ts';
import { systemTime, type Time } from '../../lib/time.ts';
import { formatOf } from '../format/formats.ts';
import { ListError, listError } from '../list-error.ts';
import { giveBack } from '../list-memory.ts';
import type { ListVersion } from '../staged-list.ts';
import { contentDigest, digestOfCopy, keepAsPrevious, readCachedCopy, writeCachedCopy } from './cached-copy.ts';
import type { CachedCopy, CopyPaths, FoundCopy } from './cached-copy.ts';
import { HttpClient } from './http-client.ts';
import type { HttpAnswer } from './http-client.ts';
import { Intake } from './intake.ts';
import { isAbsent } from './is-absent.ts';
import { poll } from './poll.ts';
import { ALONE, MAX_LIST_BYTES, NO_VERSIONS } from './source.ts';
import type { ListSource, ReadContext, SourceEvents, SourceRead, VersionFigures } from './source.ts';
import { conditionsOf, NO_VALIDATORS, NOTHING_SAID, validatorsOfNext } from './validators.ts';
import type { Validators } from './validators.ts';
import * as notes from './version-notes.ts';

export interface HttpsSourceOptions {
  readonly url: string;
  readonly terms: HttpTerms;
  readonly intervalMs: number;
  readonly paths: CopyPaths;
  /** Whose copies they are (cached-copy.ts). */
  readonly owner: string;
  readonly maxBytes?: number;
  /** Milliseconds: to connect, to the answer's head, between pieces of its body. */
  readonly timeoutMs?: number;
  /** Milliseconds for the whole fetch: a server that drips never ends otherwise. */
  readonly totalTimeoutMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** As of `readNotes`. */
  readonly onDamage?: notes.OnDamage | null;
  readonly time?: Time;
  /** It is the list of another tool, whose last line may lack its end. */
  readonly isForeign?: boolean;
}

/** Of the digest, in a label. */
const LABEL_DIGITS = 12;

/** A version by what is known of it without its bytes. */
interface Known extends Validators {
  readonly sha256: string;
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
}

export class HttpsSource implements ListSource {
  readonly hasCache = true;
  readonly #options: Required<HttpsSourceOptions>;
  readonly #client: HttpClient;
  #notes = notes.NO_NOTES;
  #hasStarted = false;
  #hasRead = false;
  /** Of what was read last, whether or not it was accepted. */
  #validators = NO_VALIDATORS;
  #lastSaid = NOTHING_SAID;
  /** Was read last; null: nothing, or it is to be given again. `isOnDisk`: from one of the copies. */
  #given: (Known & { readonly isOnDisk: boolean }) | null = null;
  #inForce: string | null = null;
  #isKnownLost = false;
  /** Digests of the two copies on disk. */
  #cached: string | null = null;
  #previous: string | null = null;
  /** The copy was given, and the server has not been asked since. */
  #isUnasked = false;
  #events: SourceEvents | null = null;
  #poll: { close(): void } | null = null;

  constructor(options: HttpsSourceOptions) {
    const { time = systemTime } = options;
    this.#options = {
      maxBytes: MAX_LIST_BYTES,
      timeoutMs: DEADLINES.server.answerMs,
      totalTimeoutMs: DEADLINES.server.wholeMs,
      now: time.wall,
      onDamage: () => {},
      time,
      isForeign: false,
      ...options,
    };
    this.#client = new HttpClient(options.terms, time);
  }

  async read(context: ReadContext = ALONE): Promise<SourceRead> {
    await this.#start();
    if (this.#notes.pinned !== null) return await this.#readPinned(this.#notes.pinned, context);
    if (!this.#hasRead) return await this.#firstRead(context);
    if (await this.#isLost()) return await this.#readAnew(context);
    return await this.#readNewest(context).catch(async (error: unknown) => await this.#copyAgain(error, context));
  }

  withdraw(): Promise<false> {
    return Promise.resolve(false);
  }

  forget(): void {
    this.#validators = NO_VALIDATORS;
    this.#given = null;
  }

  async accepted(bytes: Uint8Array): Promise<string | null> {
    const { paths, owner, url, now } = this.#options;
    const sha256 = this.#given?.sha256 ?? (await contentDigest(bytes, throttledYield));
    const { isOnDisk, ...known } = this.#given ?? { ...this.#validators, fetchedAt: now(), sha256, isOnDisk: false };
    const before = this.#inForce;
    this.#inForce = sha256;
    try {
      if (this.#notes.accepted !== null) await this.#note(notes.entered(this.#notes));
      if (isOnDisk) return null;
      if (before !== null && before === this.#cached && before !== sha256)
        this.#previous = (await keepAsPrevious(paths)) ? before : null;
      await writeCachedCopy({ path: paths.copy, owner, url }, { ...known, bytes });
      this.#cached = sha256;
      return null;
    } catch (error) {
      return `the last good copy cannot be kept in ${paths.copy}: ${fileReason(errnoOf(error))}`;
    }
  }

  refused({ label }: ListVersion): void {
    this.#notes = notes.held(this.#notes, label);
  }

  async accept(label: string): Promise<void> {
    await this.#note(notes.accepted(this.#notes, label));
    this.forget();
  }

  async rollback(): Promise<string> {
    await this.#start();
    const { previous } = this.versions;
    await this.#note(notes.pinned(this.#notes, previous));
    this.forget();
    return previous ?? '';
  }

  async release(): Promise<void> {
    await this.#start();
    await this.#note(notes.released(this.#notes));
    this.forget();
  }

  get versions(): VersionFigures {
    const { pinned } = this.#notes;
    const previous = this.#previous === null || this.#previous === this.#inForce ? null : labelOf(this.#previous);
    return { ...NO_VERSIONS, pinned, previous };
  }

  watch(events: SourceEvents): void {
    this.#events = events;
    const { time, intervalMs } = this.#options;
    this.#poll = poll(intervalMs, events.changed, time);
    if (this.#isUnasked) events.changed();
  }

  close(): void {
    this.#poll?.close();
    this.#client.close();
  }

  async #start(): Promise<void> {
    if (this.#hasStarted) return;
    const { paths, url, onDamage } = this.#options;
    this.#notes = await notes.readNotes(paths.notes, onDamage);
    this.#cached = await digestOfCopy(paths.copy, url);
    this.#previous = await digestOfCopy(paths.previous, url);
    this.#hasStarted = true;
  }

  async #readPinned(label: string, context: ReadContext): Promise<SourceRead> {
    if (this.#given !== null && labelOf(this.#given.sha256) === label) return { kind: 'unchanged' };
    const { paths, url } = this.#options;
    const found = await readCachedCopy(paths.previous, url, context);
    this.#hasRead = true;
    if (found.kind === 'copy') return this.#giveCopy(found.copy, { label, gate: 'pinned' }, null);
    const why = found.kind === 'none' ? 'there is no such file' : found.reason;
    const message = `version ${label} is pinned and its copy in ${paths.previous} cannot be used: ${why}; 'ctl release' takes the newest`;
    throw listError('unreadable', message);
  }

  /**
   * The copy is the list, unless there is none: no start waits for a server that says nothing. That is asked next, with the copy's validators; what is
   * newer is compared with it.
   */
  async #firstRead(context: ReadContext): Promise<SourceRead> {
    const { paths, url } = this.#options;
    const found = await readCachedCopy(paths.copy, url, context);
    if (found.kind !== 'copy') return await this.#withoutCopy(found, context);
    const { copy } = found;
    const version: ListVersion = { label: labelOf(copy.sha256), gate: 'accepted' };
    this.#hasRead = true;
    this.#validators = copy;
    this.#isUnasked = true;
    this.#events?.changed();
    return this.#giveCopy(copy, version, null);
  }

  /** What was given before came to nothing, and the server gives nothing now: the copy is more than no list. */
  async #copyAgain(error: unknown, context: ReadContext): Promise<SourceRead> {
    const { paths, url } = this.#options;
    const found = this.#inForce === null ? await readCachedCopy(paths.copy, url, context) : null;
    if (found?.kind !== 'copy') throw error;
    return this.#giveCopy(found.copy, { label: labelOf(found.copy.sha256), gate: 'accepted' }, faultOf(error));
  }

  #giveCopy(copy: CachedCopy, version: ListVersion, fault: ListError | null): SourceRead {
    this.#given = { ...copy, isOnDisk: true };
    return { kind: 'cached', bytes: copy.bytes, version, currentAt: copy.fetchedAt, fault };
  }

  async #withoutCopy(found: Exclude<FoundCopy, { readonly kind: 'copy' }>, context: ReadContext): Promise<SourceRead> {
    try {
      const read = await this.#readNewest(context);
      this.#hasRead = true;
      return read;
    } catch (error) {
      const fault = faultOf(error);
      // The operator is told of both: the server is away, and so is what serves in its place.
      const message = `${fault.message}; the last good copy in ${this.#options.paths.copy} cannot be used: `;
      throw found.kind === 'none' ? fault : listError(fault.code, `${message}${found.reason}`, fault);
    }
  }

  async #readNewest(context: ReadContext): Promise<SourceRead> {
    this.#isUnasked = false;
    const answer = await this.#ask();
    if (answer.status === 304) return { kind: 'unchanged' };
    const bytes = await bytesOf(answer, context, this.#options.isForeign);
    // Not before: a list that was cut off on its way must be given again though it has not changed.
    const validators = validatorsOfNext(this.#lastSaid, answer, bytes === null);
    this.#validators = validators;
    this.#lastSaid = { validators: answer.validators, given: answer.given };
    if (bytes === null) return { kind: 'same' };
    const known = { ...validators, fetchedAt: this.#options.now(), sha256: await contentDigest(bytes, context.rest) };
    if (this.#isHeld(known)) {
      giveBack(bytes, context.memory);
      return { kind: 'unchanged' };
    }
    this.#given = { ...known, isOnDisk: false };
    const [version, next] = notes.offered(this.#notes, labelOf(known.sha256));
    this.#notes = next;
    // It has been in force before.
    const isKnown = known.sha256 === this.#cached;
    return { kind: 'list', bytes, version: isKnown ? { ...version, gate: 'accepted' } : version };
  }

  /** Somebody has removed the copy of what is in force: a start without the server would have no list. Told once: the server may have something else, or the disk take nothing. */
  async #isLost(): Promise<boolean> {
    if (this.#inForce === null || this.#inForce !== this.#cached) return false;
    const isGone = await isAbsent(this.#options.paths.copy);
    const isNew = isGone && !this.#isKnownLost;
    this.#isKnownLost = isGone;
    return isNew;
  }

  /** All of it, though it has not changed: the text of what is in force is not kept, and the copy is written of what is given. */
  async #readAnew({ memory, rest }: ReadContext): Promise<SourceRead> {
    this.forget();
    return await this.#readNewest({ memory, rest, inForce: null });
  }

  async #ask(): Promise<HttpAnswer> {
    const { url, maxBytes, timeoutMs, totalTimeoutMs } = this.#options;
    const headers = { accept: 'text/plain, */*;q=0.1', ...conditionsOf(this.#validators) };
    return await this.#client.ask(url, { headers, mayBeAbsent: false, maxBytes, timeoutMs, totalTimeoutMs });
  }

  /** Servers without validators give it at each look. */
  #isHeld({ sha256 }: Known): boolean {
    return this.#given?.sha256 === sha256 && this.#notes.held === labelOf(sha256);
  }

  async #note(next: notes.VersionNotes): Promise<void> {
    const { paths, owner } = this.#options;
    await notes.writeNotes({ path: paths.notes, owner }, next);
    this.#notes = next;
  }
}

/** @returns null if it is what is in force. @throws ListError */
async function bytesOf(
  { byteLength, pieces }: HttpAnswer,
  context: ReadContext,
  isForeign: boolean,
): Promise<Uint8Array | null> {
  const intake = new Intake({ ...context, byteLength });
  const bytes = await intake.take(async () => {
    for await (const piece of pieces) await intake.add(piece);
  });
  if (bytes === null || (isForeign ? bytes.length > 0 : !formatOf(bytes).isCutOff(bytes))) return bytes;
  giveBack(bytes, context.memory);
  const what =
    bytes.length === 0
      ? 'the server sent an empty body'
      : 'the list is cut off: its last line does not end with a newline';
  throw listError('truncated', what);
}

function faultOf(error: unknown): ListError {
  return error instanceof ListError ? error : listError('internal', 'the list could not be fetched', error);
}

function labelOf(sha256: string): string {
  return sha256.slice(0, LABEL_DIGITS);
}
