/** Waits for what moves on its own, or in another thread, to come to a stop. */
import { eventually } from '../../support/eventually.ts';

/** Looks in a row that must give the same. */
const SAME_LOOKS = 15;

/** What has moved once it has begun to move and nothing moves any more. */
export async function atRest(moved: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  return await eventually(
    'it comes to rest',
    () => {
      const now = moved();
      same = now > 0 && now === last ? same + 1 : 0;
      last = now;
      return now;
    },
    () => same >= SAME_LOOKS,
  );
}
