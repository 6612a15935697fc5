/**
 * What a micro bench is. A file bench/micro/ROOM.ts exports `bench`; run.ts finds it.
 * A bench checks that what it measures is right before it is measured.
 */
export interface Bench {
  /** Room or path that is measured. */
  readonly name: string;
  readonly cases: readonly BenchCase[];
}

export interface BenchCase {
  readonly name: string;
  /** Target in ns per operation, from the issue; null where there is none. */
  readonly budget: number | null;
  /** Throws if what will be measured does not do what it should. */
  readonly check: () => void;
  /** Does `iterations` operations and returns something computed from each, so that none is optimised away. */
  readonly run: (iterations: number) => number;
}

/** Each bench file: `export function bench(): Bench`, its set-up inside, so that importing it costs nothing. */
export interface BenchModule {
  readonly bench: () => Bench | Promise<Bench>;
}
