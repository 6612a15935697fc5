/**
 * Targets out of random numbers. Some are made: an address of the site with detours that some reading removes. Others are
 * bred: a target that was served with listed content is changed a little, so that what works is driven further.
 *
 * A target always begins with `/` and goes over the wire as it is. The same seed gives the same targets as long as the
 * origin answers the same.
 */
import { seededInteger, seededRandom } from '../../bench/data/seeded-random.ts';
import { Breed } from './breed.ts';
import { Mutations } from './mutations.ts';
import { ALLOWED_DIRECTORY, LISTED_DIRECTORY, LISTED_PAGES } from './site.ts';
import { HEADS, NAMES, SEPARATORS, STAYS, TAILS, UPS, spellings } from './tricks.ts';

/** Where a detour leads back to. Listed content first and most. */
const GOALS: readonly (readonly string[])[] = [
  ...LISTED_PAGES,
  ...LISTED_PAGES,
  LISTED_DIRECTORY,
  `${LISTED_DIRECTORY}x`,
  `${LISTED_DIRECTORY}x`,
  `${LISTED_DIRECTORY}sub/x`,
  `${LISTED_DIRECTORY}nothing`,
  ALLOWED_DIRECTORY,
  `${ALLOWED_DIRECTORY}x`,
  `${ALLOWED_DIRECTORY}../x`,
  `${ALLOWED_DIRECTORY}../../page`,
  '/q/../page',
  '/q/../dir/x',
  '/x',
  '/q/x',
  '/dir/../x',
  '/dir/../q/page',
].map((path) => path.split('/').slice(1));

/** Cap of a request's path on a host with path entries, and a little more. */
const LONGEST = 2200;
/** Of a hundred. */
const LONG = 1;
/**
 * How many of a hundred are bred, and by how many changes at most, by how often the origin gives listed content: file servers
 * do so for few of those that are made, or much changed.
 */
const BREEDING = { often: { share: 50, changes: 3 }, rarely: { share: 85, changes: 1 } };
const RARELY = 0.3;

export class Generator {
  readonly #random: () => number;
  readonly #breed: Breed;
  readonly #mutations: Mutations;
  #breeding = BREEDING.often;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#breed = new Breed(this.#random);
    this.#mutations = new Mutations(this.#random);
  }

  /** Was served with listed content; worth breeding from. */
  learn(target: string): void {
    this.#breed.add(target);
  }

  /** So many of those asked were served with listed content. */
  hits(listed: number, asked: number): void {
    this.#breeding = listed / asked < RARELY ? BREEDING.rarely : BREEDING.often;
  }

  get kinds(): number {
    return this.#breed.kinds;
  }

  next(): string {
    const parent = this.#once(this.#breeding.share) ? this.#breed.pick() : null;
    const target =
      parent === null
        ? this.#made()
        : this.#mutations.changed(parent, this.#breed.pick() ?? parent, this.#breeding.changes);
    const long = this.#once(LONG) ? this.#mutations.lengthened(target) : target;
    return long.length > LONGEST ? target.slice(0, LONGEST) : long;
  }

  #made(): string {
    const segments = [...this.#pick(GOALS)];
    for (let detours = this.#below(4); detours > 0; detours -= 1) this.#addDetour(segments);
    const head = this.#once(25) ? this.#pick(HEADS) : '/';
    const tricky = this.#once(50);
    let path = segments[0] ?? '';
    for (const segment of segments.slice(1))
      path += (tricky && this.#once(40) ? this.#pick(SEPARATORS) : '/') + segment;
    const tail = this.#once(35) ? this.#pick(TAILS) : '';
    const target = head + (this.#once(30) ? this.#spelled(path) : path) + tail;
    return target.startsWith('/') ? target : `/${target}`;
  }

  /** Some segments in, as many up; or a segment that stays; now and then the count is wrong. */
  #addDetour(segments: string[]): void {
    const at = this.#below(segments.length + 1);
    if (this.#once(30)) segments.splice(at, 0, this.#pick(STAYS));
    else {
      const depth = 1 + (this.#once(25) ? this.#below(3) : 0);
      const names = Array.from({ length: depth }, () => (this.#once(20) ? this.#pick(STAYS) : this.#pick(NAMES)));
      const ups = Array.from({ length: this.#once(15) ? this.#below(4) : depth }, () => this.#pick(UPS));
      segments.splice(at, 0, ...names, ...ups);
    }
  }

  #spelled(path: string): string {
    const share = this.#pick([3, 10, 30, 100]);
    const only = this.#once(50) ? '/.\\;' : null;
    let out = '';
    for (const char of path)
      out += (only === null || only.includes(char)) && this.#once(share) ? this.#pick(spellings(char)) : char;
    return out;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  #below(limit: number): number {
    return seededInteger(this.#random, limit);
  }

  #once(percent: number): boolean {
    return this.#below(100) < percent;
  }
}
