/** A place of the command line where somebody asks what may follow (completion.ts). It must not know a shell. */

/** A value that somebody types: one of these words, a file, a folder, or what no script knows. */
export interface Value {
  readonly name: string;
  readonly kind: 'words' | 'file' | 'folder' | 'unknown';
  /** Empty but for words. */
  readonly words: readonly string[];
  readonly isMany: boolean;
}

export interface Flag {
  /** `-c`, `--config`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null: it takes none. */
  readonly value: Value | null;
}

/** A command, and what may follow it. */
export interface Place {
  /** Words after `cleanfeed`; of the program itself there are none. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly flags: readonly Flag[];
  readonly values: readonly Value[];
}
