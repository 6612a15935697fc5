/**
 * A failing target made short: pieces are taken out and escapes replaced by what they stand for, as long as the live origin
 * still serves it as listed and the verdict still is to pass (delta debugging).
 */
import { piecesOf } from './mutations.ts';

/** The first of the candidates that still fails, or null. */
export type FirstFailing = (candidates: readonly string[]) => Promise<string | null>;

const MAX_ROUNDS = 200;

export async function shrunk(target: string, firstFailing: FirstFailing): Promise<string> {
  let best = target;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const smaller = (await firstFailing(shorter(best))) ?? (await firstFailing(plainer(best)));
    if (smaller === null) return best;
    best = smaller;
  }
  return best;
}

/** Without one run of pieces: long runs first. */
function shorter(target: string): string[] {
  const pieces = piecesOf(target);
  const candidates: string[] = [];
  for (let size = Math.ceil(pieces.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < pieces.length; at += size)
      candidates.push([...pieces.slice(0, at), ...pieces.slice(at + size)].join(''));
  }
  return candidates.filter((text) => text.startsWith('/') && text.length < target.length);
}

/** One escape less deep, or one letter as plain as can be. */
function plainer(target: string): string[] {
  const pieces = piecesOf(target);
  return pieces.flatMap((piece, at) => {
    const plain = plainerPiece(piece);
    return plain === null ? [] : [[...pieces.slice(0, at), plain, ...pieces.slice(at + 1)].join('')];
  });
}

function plainerPiece(piece: string): string | null {
  if (piece.startsWith('%25')) return `%${piece.slice(3)}`;
  if (!/^%[\da-f]{2}$/i.test(piece)) return null;
  const char = String.fromCharCode(Number.parseInt(piece.slice(1), 16));
  if (/^[!-"$-~]$/.test(char)) return char;
  return piece === piece.toLowerCase() ? null : piece.toLowerCase();
}
