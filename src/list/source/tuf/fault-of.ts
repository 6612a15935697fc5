/** Faults of a list as values, where work goes on with or without what was tried. It must not swallow what is no fault of a list. */
import { ListError } from '../../list-error.ts';

/** @returns what came of it, or the list's fault with which it ended; throws all else. */
export async function orFault<T>(work: Promise<T>): Promise<T | ListError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ListError) return error;
    throw error;
  }
}

/** @returns null if the work was done. */
export async function faultOf(work: Promise<void>): Promise<ListError | null> {
  return (await orFault(work)) ?? null;
}
