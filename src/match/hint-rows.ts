/** Which hosts lead to path entries, and to which depths and kinds: one row for each distinct fingerprint and fold. */
import { directoryDepth } from '../url/path.ts';
import { IntColumn } from './columns.ts';
import type { Entry } from './entry.ts';
import { bucketStarts, rowOrder } from './row-order.ts';
import { bucketsFor, SCOPE, SUBDOMAIN_SHIFT } from './segment-layout.ts';
import type { SegmentOffsets } from './segment-layout.ts';

export class HintRows {
  high = new IntColumn();
  low = new IntColumn();
  #depths = new IntColumn();
  #scopes = new IntColumn();
  #folds = new IntColumn();

  get length(): number {
    return this.high.length;
  }

  add({ path, subdomains, fold }: Entry, high: number, low: number): void {
    const { scopes, depths } = hintOf(path);
    this.#push({ high, low, depths, scopes: subdomains ? scopes << SUBDOMAIN_SHIFT : scopes, fold });
  }

  /**
   * Rows of one fingerprint and fold become one that leads wherever any of them leads: too much is harmless, proofs settle
   * it. At most eight rows a fingerprint are left, side by side.
   */
  sortAndMerge(): void {
    const order = rowOrder(this.high.view(), this.low.view());
    const merged = new HintRows();
    for (const row of order) merged.#merge(this.#at(row));
    this.high = merged.high;
    this.low = merged.low;
    this.#depths = merged.#depths;
    this.#scopes = merged.#scopes;
    this.#folds = merged.#folds;
  }

  write(bytes: Uint8Array, at: SegmentOffsets['hints']): void {
    const { buffer } = bytes;
    const rows = this.length;
    new Int32Array(buffer, at.high, rows).set(this.high.view());
    new Int32Array(buffer, at.low, rows).set(this.low.view());
    new Int32Array(buffer, at.depths, rows).set(this.#depths.view());
    new Uint8Array(buffer, at.scopes, rows).set(this.#scopes.view());
    new Uint8Array(buffer, at.folds, rows).set(this.#folds.view());
    new Int32Array(buffer, at.buckets, bucketsFor(rows) + 1).set(bucketStarts(this.high.view(), bucketsFor(rows)));
  }

  #at(row: number): HintRow {
    return {
      high: this.high.get(row),
      low: this.low.get(row),
      depths: this.#depths.get(row),
      scopes: this.#scopes.get(row),
      fold: this.#folds.get(row),
    };
  }

  #push({ high, low, depths, scopes, fold }: HintRow): void {
    this.high.push(high);
    this.low.push(low);
    this.#depths.push(depths);
    this.#scopes.push(scopes);
    this.#folds.push(fold);
  }

  #merge(row: HintRow): void {
    for (
      let last = this.length - 1;
      last >= 0 && this.high.get(last) === row.high && this.low.get(last) === row.low;
      last -= 1
    ) {
      if (this.#folds.get(last) !== row.fold) continue;
      this.#depths.view()[last] = this.#depths.get(last) | row.depths;
      this.#scopes.view()[last] = this.#scopes.get(last) | row.scopes;
      return;
    }
    this.#push(row);
  }
}

interface HintRow {
  readonly high: number;
  readonly low: number;
  readonly depths: number;
  readonly scopes: number;
  readonly fold: number;
}

function hintOf(path: Entry['path']): { readonly scopes: number; readonly depths: number } {
  if (path.kind === 'host') return { scopes: 0, depths: 0 };
  if (path.kind === 'page') return { scopes: SCOPE.path, depths: 0 };
  if (path.kind === 'url') return { scopes: path.query === null ? SCOPE.path : SCOPE.query, depths: 0 };
  const depth = directoryDepth(path.path);
  return depth === 0 ? { scopes: SCOPE.root, depths: 0 } : { scopes: SCOPE.directories, depths: 1 << (depth - 1) };
}
