/** Failing bytes made short: runs of them are taken out as long as what is left still fails (delta debugging). */

const MAX_ASKED = 600;

export async function shrunkBytes(bytes: string, fails: (bytes: string) => Promise<boolean>): Promise<string> {
  let best = bytes;
  let asked = 0;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length;) {
      const candidate = best.slice(0, at) + best.slice(at + size);
      asked += 1;
      if (asked > MAX_ASKED) return best;
      if (candidate !== '' && (await fails(candidate))) best = candidate;
      else at += size;
    }
  }
  return best;
}
