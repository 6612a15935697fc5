/** What the compared structures have in common: URLs in, and whether a request is on the list. */
export interface ListedUrls {
  /** Both canonical; `path` with its query. */
  add(host: string, path: string): void;
  /** Once, after the last. */
  finish(): void;
  /** Both as they came: canonicalising is part of the work everywhere. */
  blocks(rawHost: string, target: string): boolean;
}
