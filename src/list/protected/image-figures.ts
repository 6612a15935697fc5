/**
 * The figures of an image, in its header: what is in the list before any entry has expired. So nobody counts again
 * between an image and the gate. They are shown, and no look-up depends on them.
 */
import type { SegmentFigures } from '../../match/segment-records.ts';

export interface ImageFigures extends SegmentFigures {
  /** First UTC day since 1970-01-01 on which an entry is valid for the last time; 0: none ends. */
  readonly firstEnd: number;
}

/** Bytes that they take: words of 32 bits. */
export const FIGURES_BYTES = 64;

/** @param today UTC days since 1970-01-01. */
export function figuresHold({ firstEnd }: ImageFigures, today: number): boolean {
  return firstEnd === 0 || firstEnd >= today;
}

export function writeFigures(view: DataView, at: number, figures: ImageFigures): void {
  const { entries, hosts, scopes, subdomains, withPort, withExpiry, marked, forDns, firstEnd } = figures;
  const { host, directory, page, url } = scopes;
  const { dns, steer, count, test } = marked;
  const words = [entries, hosts, host, directory, page, url, subdomains, withPort, withExpiry];
  for (const [i, word] of [...words, dns, steer, count, test, forDns, firstEnd].entries())
    view.setUint32(at + i * 4, word, true);
}

/** @param withdrawn stands elsewhere in the header. */
export function readFigures(view: DataView, at: number, withdrawn: number): ImageFigures {
  const word = (index: number): number => view.getUint32(at + index * 4, true);
  return {
    entries: word(0),
    expired: 0,
    withdrawn,
    hosts: word(1),
    scopes: { host: word(2), directory: word(3), page: word(4), url: word(5) },
    subdomains: word(6),
    withPort: word(7),
    withExpiry: word(8),
    marked: { dns: word(9), steer: word(10), count: word(11), test: word(12) },
    forDns: word(13),
    firstEnd: word(14),
  };
}
