/**
 * Where the files of a repository come from: a folder, or a server. It must not judge what it gives: everything there may have been
 * put by somebody else.
 */

/** Bytes as they come; ends with a ListError where they are more than was asked for, too slow, or cut off. */
export type Pieces = AsyncIterable<Uint8Array>;

export type RepositoryAnswer =
  | { readonly kind: 'file'; readonly pieces: Pieces; readonly etag: string | null }
  /** It is what the ETag stands for. */
  | { readonly kind: 'unchanged' }
  /** `why`, in words: what a server says of it. */
  | { readonly kind: 'absent'; readonly why?: string };

export interface Ask {
  readonly maxBytes: number;
  /** Of what is here already; null: nothing is. */
  readonly etag: string | null;
}

export interface Repository {
  /** What is shown of it: no secret. */
  readonly name: string;
  /**
   * @param path below the repository, as `metadata/timestamp.json`.
   * @throws ListError where nothing is known of the file.
   */
  open(path: string, ask: Ask): Promise<RepositoryAnswer>;
}

/** All of it. @throws ListError. */
export async function wholeOf(pieces: Pieces): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
