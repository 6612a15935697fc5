/** Whether a file is not there. It must not tell why it cannot be looked at. */
import { stat } from 'node:fs/promises';
import { errnoOf } from '../../lib/errors.ts';

/** Never throws. One that cannot be looked at may be there. */
export async function isAbsent(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return errnoOf(error) === 'ENOENT';
  }
}
