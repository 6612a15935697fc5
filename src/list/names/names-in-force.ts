/**
 * The names of each list as it is in force: of a text list those that were kept when it was compiled, of a protected one what its source has of the
 * same version. It must not give
 * those of a version that is held, refused, or not in force yet.
 */
import type { ListConfig } from '../../config/list-types.ts';
import { formatOf } from '../format/formats.ts';
import { throttledYield } from '../../lib/pauses.ts';
import { restingBetween } from '../../lib/steps.ts';
import { ListError, listError } from '../list-error.ts';
import type { PresentList } from '../present-lists.ts';
import { keptOf } from '../staged-list.ts';
import type { GoodList } from '../staged-list.ts';
import type { ListSource } from '../source/source.ts';
import type { ListNames } from './list-names.ts';
import { unlistedNamesSteps } from './unlisted-names.ts';

interface Served {
  readonly slot: PresentList['slot'];
  readonly list: GoodList;
}

export class NamesInForce {
  readonly #present: () => readonly PresentList[];
  /** Numbers that tell contents one from another: texts by their records, lists in force. */
  readonly #numbers = new WeakMap<object, number>();
  #lastNumber = 0;

  constructor(present: () => readonly PresentList[]) {
    this.#present = present;
  }

  /** Another one as soon as there are other names; null: there are none. It costs nothing. */
  versionOf(list: string): string | null {
    const served = this.#served(list);
    if (served === null) return null;
    const { slot, list: good } = served;
    const version = slot.source.names === undefined ? this.#textVersion(good) : slot.source.names.versionOf(good.bytes);
    return version === null ? null : `${slot.config.action} ${version}`;
  }

  /**
   * @returns null if the list is not in force. @throws ListError that says why it has no names that can be told: then what is in force of it
   * stays as it is.
   */
  async of(list: string): Promise<ListNames | null> {
    for (let served = this.#served(list); served !== null;) {
      const [outcome] = await Promise.allSettled([this.#namesOf(served)]);
      const now = this.#served(list);
      // Another version may be in force by now, and the memory of the one before another's.
      const isStill = now?.list.bytes === served.list.bytes;
      if (isStill && outcome.status === 'fulfilled') return outcome.value;
      if (isStill && outcome.status === 'rejected') throw outcome.reason;
      served = now;
    }
    return null;
  }

  /** Another one as soon as other entries of it are in force, whether there are names or not; null: none are. It costs nothing. */
  markOf(list: string): string | null {
    const served = this.#served(list);
    return served === null ? null : this.#numberOf(served.list);
  }

  /**
   * @param known names that it may have, where those that it has cannot be read. @param today UTC days since 1970-01-01.
   * @returns those of them that are in force of it; null: it is not in force, or cannot be asked.
   */
  async stillOf(known: ListNames, today: number): Promise<ListNames | null> {
    for (let served = this.#served(known.list); served !== null;) {
      const { slot, list } = served;
      const asked = { ...known, action: slot.config.action };
      const gone = await unlistedIn(list, asked, today);
      // Its memory may be another list's by now.
      served = this.#served(known.list);
      if (served?.list !== list) continue;
      if (gone === null) return null;
      const version = `${asked.action} ${known.version} as of ${this.#numberOf(list)}`;
      return { ...asked, withdrawn: [...known.withdrawn, ...gone], version };
    }
    return null;
  }

  async #namesOf({ slot, list }: Served): Promise<ListNames> {
    const { name, action } = slot.config;
    const text = slot.source.names === undefined ? this.#textVersion(list) : null;
    if (text === null) return await namesOf(slot.source, slot.config, list.bytes);
    const bytes = keptOf(list)?.names ?? null;
    if (bytes === null) throw listError('internal', 'its names were not kept: nothing asked for them when it was read');
    return { list: name, action, form: 'names', bytes, withdrawn: [], version: `${action} ${text}` };
  }

  #served(list: string): Served | null {
    const found = this.#present().find(({ slot }) => slot.config.name === list);
    return found?.state.current.kind === 'served' ? { slot: found.slot, list: found.state.current.list } : null;
  }

  #textVersion({ segment, bytes }: GoodList): string | null {
    return segment.kind === 'shared' ? `text ${this.#numberOf(bytes)}` : null;
  }

  #numberOf(content: object): string {
    const number = this.#numbers.get(content) ?? (this.#lastNumber += 1);
    this.#numbers.set(content, number);
    return `${number}`;
  }
}

/** Null: nobody can say. */
async function unlistedIn(
  { segment, bytes }: GoodList,
  known: ListNames,
  today: number,
): Promise<readonly bigint[] | null> {
  if (known.form !== 'names') return null;
  try {
    const asked = segment.kind === 'own' ? segment.bytes : bytes;
    return await restingBetween(unlistedNamesSteps(known, asked, today), throttledYield);
  } catch (error) {
    if (error instanceof ListError) return null;
    throw error;
  }
}

/**
 * Of a list as it was read from its source, for who looks at it once.
 * @throws ListError that says why it has no names that can be told.
 */
export async function namesOf(
  source: Pick<ListSource, 'names'>,
  { name, action }: Pick<ListConfig, 'name' | 'action'>,
  bytes: Uint8Array,
): Promise<ListNames> {
  if (source.names !== undefined) {
    const names = await source.names.read(bytes, action);
    return { list: name, action, form: 'names', ...names, version: `${action} ${names.version}` };
  }
  if (formatOf(bytes).segment === 'shared')
    return { list: name, action, form: 'text', bytes, withdrawn: [], version: action };
  throw listError(
    'unsupported',
    'a compiled list has no names: what refuses or steers by name takes the text that it was made of',
  );
}
