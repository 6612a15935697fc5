/**
 * Failures that tell nothing about the program: another program did not come up, a fact did not come within its bound, a port
 * was taken. Only these may be run again (requirement 70; test/rings/retry.ts). It must not be thrown for an answer that is wrong.
 */

export const INCONCLUSIVE_KINDS = ['set-up', 'no fact', 'port taken'] as const;
export type InconclusiveKind = (typeof INCONCLUSIVE_KINDS)[number];

export class Inconclusive extends Error {
  /** Read by test-environment.mjs, which has no class of the test's realm. */
  readonly inconclusive: InconclusiveKind;

  constructor(kind: InconclusiveKind, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.inconclusive = kind;
  }
}

const TRIES = 3;

/**
 * The set-up of a program that is not ours, tried again where it fails: a busy machine, or a port that another program took meanwhile.
 * @throws {Inconclusive} the last failure is its cause.
 */
export async function setUpOf<T>(program: string, attempt: () => Promise<T>): Promise<T> {
  const failures: unknown[] = [];
  while (failures.length < TRIES)
    try {
      return await attempt();
    } catch (error) {
      failures.push(error);
    }
  const told = failures.map((error) => (error instanceof Error ? error.message : String(error)));
  throw new Inconclusive('set-up', `${program} did not come up in ${TRIES} tries: ${told.join(' | ')}`, {
    cause: failures.at(-1),
  });
}
