import { ListError } from '../../src/list/list-error.ts';

/** @returns `ok`; the code of the ListError that it ends with; another error in words. */
export async function codeOf(made: Promise<unknown>): Promise<string> {
  try {
    await made;
    return 'ok';
  } catch (error) {
    return error instanceof ListError ? error.code : String(error);
  }
}
