/** Whose requests are traced (http/request-trace.ts). It must not hold anything of a request. */
export interface ActiveTrace {
  /** As text. */
  readonly client: string;
  /** What requests have to show. */
  readonly token: string;
}
