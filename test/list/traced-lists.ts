/**
 * A list's life, driven by hand and written down: sources that answer what the test says, a publication that can be held, timers that
 * move only when told. What comes of each step is a line: what the sources were told, log, snapshots, timers, public state.
 */
import { jest } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { ListConfig } from '../../src/config/list-types.ts';
import { ListError, type ListReason } from '../../src/list/list-error.ts';
import type { ListAction } from '../../src/lib/types.ts';
import { compileToFile } from '../../src/list/format/compile-file.ts';
import { utcDay } from '../../src/list/text/compile.ts';
import { ListUpdater } from '../../src/list/updater.ts';
import type { ListSource, SourceEvents, SourceRead } from '../../src/list/source/source.ts';
import { randomSegmentKeys } from '../../src/match/keys.ts';
import type { SegmentImage } from '../../src/match/snapshot.ts';
import { countedMemory } from '../support/counted-memory.ts';
import type { CountedMemory } from '../support/counted-memory.ts';
import { HANG_BOUND_MS } from '../support/hang-bound.ts';
import { listConfig } from '../support/list-config.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { WITHOUT_VERSIONS } from '../support/without-versions.ts';

/** What a source says when it is read; `code` is that of a ListError. */
export type Answer =
  | { readonly kind: 'text' | 'copy'; readonly text: string }
  | { readonly kind: 'compiled'; readonly text: string; readonly spoil?: (file: Uint8Array) => Uint8Array }
  | { readonly kind: 'unchanged' | 'same' }
  | { readonly kind: 'fault'; readonly code: ListReason };

const START = Date.UTC(2030, 0, 1);
const TURNS = 30;
const LOOK_MS = 10;
const MAX_LOOKS = HANG_BOUND_MS / LOOK_MS;
export class TracedLists {
  readonly #lines: string[] = [];
  readonly memory: CountedMemory = countedMemory();
  /** What the next publications come to; with nothing in it they succeed. */
  readonly publications: (ListError | Promise<void>)[] = [];
  readonly #manager: ListUpdater;
  readonly #sources = new Map<string, ScriptedSource[]>();
  readonly #keeps: boolean;
  readonly #published: (readonly SegmentImage[])[] = [];
  #handedOn = 0;
  readonly #time = new VirtualTime(START);
  readonly #shown = new Map<string, string>();

  /** @param keeps the sources keep a copy of what is accepted. */
  constructor(lists: readonly ListConfig[], keeps = false) {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    this.#keeps = keeps;
    this.#manager = new ListUpdater(lists, {
      keys: randomSegmentKeys(),
      memory: this.memory,
      log: {
        event: (level, event, fields = {}) => this.#say(`log ${level} ${event} ${JSON.stringify(fields)}`),
        flush: () => {},
      },
      source: (config) => this.#source(config.name),
      now: this.#time.wall,
      time: this.#time,
      // Its timer would be one beside those of the lists.
      stallMs: () => Infinity,
      publish: async (images) => await this.#publish(images),
    });
  }

  /** What has come of each step so far. */
  get trace(): string {
    return `\n${this.#lines.join('\n')}\n`;
  }

  /** The source of a list that is, or will be, of that name. */
  source(name: string): ScriptedSource {
    const last = this.#sources.get(name)?.at(-1);
    return last === undefined || last.isClosed ? this.#source(name) : last;
  }

  start(): Promise<void> {
    return this.#asked('start', this.#manager.start());
  }

  reload(): Promise<void> {
    return this.#asked('reload', this.#manager.reload());
  }

  change(lists: readonly ListConfig[]): Promise<void> {
    return this.#asked(
      'change',
      this.#manager.change(lists, async (images) => await this.#publish(images)),
    );
  }

  close(): void {
    this.#step('close');
    this.#manager.close();
  }

  /** Ends the test. */
  dispose(): void {
    this.#manager.close();
    jest.restoreAllMocks();
  }

  async changed(name: string): Promise<void> {
    this.#step(`${name} has changed`);
    this.source(name).events?.changed();
    await turns();
  }

  async current(name: string): Promise<void> {
    this.#step(`${name} is current`);
    this.source(name).events?.current();
    await turns();
  }

  async pass(ms: number): Promise<void> {
    this.#step(`${ms} ms pass`);
    await this.#time.advance(ms);
    await turns();
  }

  /** What is under way by itself goes on until there are as many publications. */
  async published(count: number): Promise<void> {
    await this.#until(`${count} publications`, () => this.#published.length === count);
  }

  /** … until as many snapshots have been handed on, whatever becomes of them. */
  async handedOn(count: number): Promise<void> {
    await this.#until(`${count} snapshots`, () => this.#handedOn === count);
  }

  /** … until as many attempts with the list have ended. */
  async attempted(name: string, count: number): Promise<void> {
    await this.#until(`${count} attempts with ${name}`, () => {
      const list = this.#manager.lists().find((status) => status.name === name);
      return list !== undefined && Object.values(list.syncs).reduce((sum, n) => sum + n, 0) === count;
    });
  }

  /** Says what is different, once nothing moves that needs neither a thread nor a timer nor an answer. */
  async rest(): Promise<void> {
    await turns();
    for (const { name, enforceable: _, action: __, versions: ___, content: ____, ...status } of this.#manager.lists())
      this.#show(`list ${name}`, JSON.stringify({ ...status, ...this.#times(status) }));
    this.#show('missing', JSON.stringify(this.#manager.missing()));
    this.#show('buffers lent', `${this.memory.lent}`);
    this.#show('timers', `${this.#time.pending.length}`);
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    // Real time; a hang ends with the test's own bound.
    for (let looks = 0; !holds(); looks += 1) {
      if (looks === MAX_LOOKS) throw new Error(`never happened: ${what}`);
      await pause(LOOK_MS);
    }
    await this.rest();
  }

  async #asked(what: string, asked: Promise<void>): Promise<void> {
    this.#step(what);
    try {
      await asked;
      this.#say(`${what}: done`);
    } catch (error) {
      this.#say(`${what}: ${error instanceof ListError ? `${error.code}: ${error.message}` : String(error)}`);
    }
    await this.rest();
  }

  #times(status: { readonly currentAt: number | null; readonly loadedAt: number | null }): object {
    const since = (time: number | null): number | null => (time === null ? null : time - START);
    return { currentAt: since(status.currentAt), loadedAt: since(status.loadedAt) };
  }

  #source(name: string): ScriptedSource {
    const waiting = this.#sources.get(name) ?? [];
    this.#sources.set(name, waiting);
    const unused = waiting.find((source) => !source.isTaken && !source.isClosed);
    const source = unused ?? new ScriptedSource(this.#keeps, (line) => this.#say(`source ${name}: ${line}`));
    if (unused === undefined) waiting.push(source);
    return source;
  }

  async #publish(images: readonly SegmentImage[]): Promise<number> {
    const before = this.#published.at(-1) ?? [];
    const shown = images.map((image) => {
      const isSame = before.some(({ bytes }) => bytes === image.bytes);
      const whose = image.isShared === true ? 'text' : (image.list ?? 'text');
      return `${whose}:${image.entries}${isSame ? ' (as before)' : ''}`;
    });
    this.#say(`publish ${shown.join(', ')}`);
    this.#handedOn += 1;
    const outcome = this.publications.shift();
    if (outcome instanceof ListError) throw outcome;
    await outcome;
    this.#published.push(images);
    return this.#published.length;
  }

  #step(what: string): void {
    this.#lines.push(`> ${what}`);
  }

  #say(line: string): void {
    this.#lines.push(`  ${line}`);
  }

  #show(what: string, value: string): void {
    if (this.#shown.get(what) === value) return;
    this.#shown.set(what, value);
    this.#say(`${what}: ${value}`);
  }
}

/** Answers in the order in which they were given; asked before there is an answer, it waits. */
export class ScriptedSource implements ListSource {
  readonly hasCache: boolean;
  events: SourceEvents | null = null;
  isTaken = false;
  isClosed = false;
  /** What it says of what it was told to keep. */
  warning: string | null = null;
  readonly #say: (line: string) => void;
  readonly #answers: Answer[] = [];
  #waiting: PromiseWithResolvers<Answer> | null = null;

  constructor(keeps: boolean, say: (line: string) => void) {
    this.hasCache = keeps;
    this.#say = say;
  }

  answers(...answers: readonly Answer[]): void {
    for (const answer of answers) {
      if (this.#waiting === null) this.#answers.push(answer);
      else this.#waiting.resolve(answer);
      this.#waiting = null;
    }
  }

  async read({ memory, inForce, textInForce }: Parameters<ListSource['read']>[0] & object): Promise<SourceRead> {
    const known = textInForce?.byteLength ?? inForce?.length ?? null;
    this.#say(`read beside ${known === null ? 'nothing' : `${known} bytes`}`);
    this.isTaken = true;
    const queued = this.#answers.shift();
    if (queued === undefined) this.#waiting = Promise.withResolvers<Answer>();
    const answer = queued ?? (await this.#waiting!.promise);
    switch (answer.kind) {
      case 'fault':
        throw new ListError(answer.code, `told to fail: ${answer.code}`);
      case 'unchanged':
      case 'same':
        return { kind: answer.kind };
      case 'text':
        return { kind: 'list', bytes: Buffer.from(answer.text), version: null };
      case 'copy': {
        const fault = new ListError('connect', 'the server is away');
        return { kind: 'cached', version: null, bytes: Buffer.from(answer.text), currentAt: START - 5000, fault };
      }
      case 'compiled': {
        const { file } = compileToFile(Buffer.from(answer.text), { action: 'block', today: utcDay(START) });
        const whole = answer.spoil?.(file!) ?? file!;
        const bytes = await memory.lease(whole.length);
        bytes.set(whole);
        return { kind: 'list', bytes, version: null };
      }
    }
  }

  forget(): void {
    this.#say('forget');
  }

  readonly withdraw = WITHOUT_VERSIONS.withdraw;
  readonly refused = WITHOUT_VERSIONS.refused;
  readonly accept = WITHOUT_VERSIONS.accept;
  readonly rollback = WITHOUT_VERSIONS.rollback;
  readonly release = WITHOUT_VERSIONS.release;
  readonly versions = WITHOUT_VERSIONS.versions;

  accepted(bytes: Uint8Array): Promise<string | null> {
    this.#say(`accepted ${bytes.length} bytes`);
    return Promise.resolve(this.warning);
  }

  watch(events: SourceEvents): void {
    this.#say('watch');
    this.events = events;
  }

  close(): void {
    this.#say('close');
    this.isClosed = true;
  }
}

export function lists(...names: readonly string[]): readonly ListConfig[] {
  return acting('block', ...names);
}

export function acting(action: ListAction, ...names: readonly string[]): readonly ListConfig[] {
  return names.map((name) => listConfig(name, `/lists.example/${name}`, action));
}

export function text(...hosts: readonly string[]): Answer {
  return { kind: 'text', text: hosts.map((host) => `${host}.example\n`).join('') };
}

export function compiled(...hosts: readonly string[]): Answer {
  return { kind: 'compiled', text: hosts.map((host) => `${host}.example\n`).join('') };
}

async function turns(): Promise<void> {
  for (let i = 0; i < TURNS; i += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
