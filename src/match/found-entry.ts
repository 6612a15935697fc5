/** An entry as it comes out of a segment: everything but the text, which nobody has there. It must not hold any logic. */
export interface FoundEntry {
  readonly id: bigint;
  readonly list: number;
  /** 0: any. */
  readonly port: number;
  /** Last valid UTC day since 1970-01-01; 0: never expires. */
  readonly expires: number;
  readonly subdomains: boolean;
  /** As of an Entry. */
  readonly fold: number;
  readonly count: boolean;
  readonly test: boolean;
  readonly dns: boolean;
  readonly steer: boolean;
}
