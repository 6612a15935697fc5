/** Which hosts lead to path entries, and to which depths and kinds: one row for each distinct fingerprint. */
import { directoryDepth } from '../url/path.ts';
import { IntColumn } from './columns.ts';
import type { PathScope } from './entry.ts';
import { bucketStarts, rowOrder } from './row-order.ts';
import { bucketsFor, SCOPE, SUBDOMAIN_SHIFT } from './segment-layout.ts';
import type { SegmentOffsets } from './segment-layout.ts';

export class LeadRows {
  high = new IntColumn();
  low = new IntColumn();
  #depths = new IntColumn();
  #scopes = new IntColumn();

  get length(): number {
    return this.high.length;
  }

  add(path: PathScope, subdomains: boolean, high: number, low: number): void {
    const { scopes, depths } = leadOf(path);
    this.#push(high, low, depths, subdomains ? scopes << SUBDOMAIN_SHIFT : scopes);
  }

  /** Rows of one fingerprint become one that leads wherever any of them leads: too much is harmless, proofs settle it. */
  sortAndMerge(): void {
    const order = rowOrder(this.high.view(), this.low.view());
    const merged = new LeadRows();
    for (const row of order) merged.#merge(this.high.get(row), this.low.get(row), this.#depths.get(row), this.#scopes.get(row));
    this.high = merged.high;
    this.low = merged.low;
    this.#depths = merged.#depths;
    this.#scopes = merged.#scopes;
  }

  write(bytes: Uint8Array, at: SegmentOffsets['leads']): void {
    const { buffer } = bytes;
    const rows = this.length;
    new Int32Array(buffer, at.high, rows).set(this.high.view());
    new Int32Array(buffer, at.low, rows).set(this.low.view());
    new Int32Array(buffer, at.depths, rows).set(this.#depths.view());
    new Uint8Array(buffer, at.scopes, rows).set(this.#scopes.view());
    new Int32Array(buffer, at.buckets, bucketsFor(rows) + 1).set(bucketStarts(this.high.view(), bucketsFor(rows)));
  }

  #push(high: number, low: number, depths: number, scopes: number): void {
    this.high.push(high);
    this.low.push(low);
    this.#depths.push(depths);
    this.#scopes.push(scopes);
  }

  #merge(high: number, low: number, depths: number, scopes: number): void {
    const last = this.length - 1;
    if (last < 0 || this.high.get(last) !== high || this.low.get(last) !== low) {
      this.#push(high, low, depths, scopes);
      return;
    }
    this.#depths.view()[last] = this.#depths.get(last) | depths;
    this.#scopes.view()[last] = this.#scopes.get(last) | scopes;
  }
}

function leadOf(path: PathScope): { readonly scopes: number; readonly depths: number } {
  if (path.kind === 'host') return { scopes: 0, depths: 0 };
  if (path.kind === 'page') return { scopes: SCOPE.path, depths: 0 };
  if (path.kind === 'url') return { scopes: path.query === null ? SCOPE.path : SCOPE.query, depths: 0 };
  const depth = directoryDepth(path.path);
  return depth === 0 ? { scopes: SCOPE.root, depths: 0 } : { scopes: SCOPE.directories, depths: 1 << (depth - 1) };
}
