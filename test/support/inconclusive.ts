/**
 * Failures that tell nothing about the program: another program did not come up, a fact did not come within its bound, a port
 * was taken. Only these may be run again (requirement 70; test/rings/retry.ts). It must not be thrown for an answer that is wrong.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

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
/** UDP ports above all are taken by everybody who asks. */
const TRIES_FOR_A_PORT = 5;
const PORT_TAKEN = /address (?:is )?(?:already )?in use|EADDRINUSE/i;

/** Hands a program that was started back, and sees to its end where its set-up fails. */
export type Begin = <T extends ChildProcess>(child: T) => T;

/**
 * The set-up of a program that is not ours, tried again where it fails: a busy machine, or a port that another program took meanwhile.
 * A program that is not there, or that ends by itself whenever it is started, has refused what it was given: that is no chance.
 * @throws {Inconclusive} the last failure is its cause.
 * @throws the last failure as it is, where each try was refused.
 */
export async function setUpOf<T>(program: string, attempt: (begin: Begin) => Promise<T>): Promise<T> {
  const failures: unknown[] = [];
  let refused = 0;
  let taken = 0;
  while (failures.length - taken < TRIES && taken < TRIES_FOR_A_PORT) {
    const children: ChildProcess[] = [];
    try {
      return await attempt((child) => {
        children.push(child);
        return child;
      });
    } catch (error) {
      failures.push(error);
      if (PORT_TAKEN.test(String(error))) taken += 1;
      else if (children.every((child) => child.exitCode !== null)) refused += 1;
      await Promise.all(children.map(ended));
    }
  }
  if (refused === TRIES) throw failures.at(-1);
  const told = failures.map((error) => (error instanceof Error ? error.message : String(error)));
  throw new Inconclusive('set-up', `${program} did not come up in ${failures.length} tries: ${told.join(' | ')}`, {
    cause: failures.at(-1),
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
