/** Whose requests are traced (http/request-trace.ts). */
export interface ActiveTrace {
  /** As text. */
  readonly client: string;
  /** What requests have to show. */
  readonly token: string;
}
