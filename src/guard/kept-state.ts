/**
 * What the guard knows of the path, across its own restarts: the position and how often the filter went out. It is true for as long as the
 * machine runs: after a boot rules and routes are as the machine made them, and nothing is known. It must not be believed after a boot.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectories } from '../lib/make-directories.ts';
import { MAX_FLAPS, type Position } from './path.ts';

export interface KeptState {
  readonly position: Position;
  readonly flaps: number;
}

const NOTHING: KeptState = { position: 'unknown', flaps: 0 };
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** @returns the state of the same boot; what cannot be read is not known. */
export async function readState(path: string): Promise<KeptState> {
  try {
    const kept: unknown = JSON.parse(await readFile(path, 'utf8'));
    return stateOf(kept, await bootId());
  } catch {
    return NOTHING;
  }
}

/** Nothing is synced to the disk: after a power cut it would not be true. It rejects with the system's error. */
export async function writeState(path: string, { position, flaps }: KeptState): Promise<void> {
  const beside = `${path}.${process.pid}`;
  await makeDirectories(dirname(path), 0o700);
  await writeFile(beside, `${JSON.stringify({ position, flaps, boot: await bootId() })}\n`, { mode: 0o600 });
  await rename(beside, path);
}

function stateOf(kept: unknown, boot: string): KeptState {
  if (typeof kept !== 'object' || kept === null || !('boot' in kept) || kept.boot !== boot) return NOTHING;
  const position =
    'position' in kept && (kept.position === 'in' || kept.position === 'out') ? kept.position : 'unknown';
  const flaps = 'flaps' in kept && Number.isInteger(kept.flaps) ? Number(kept.flaps) : 0;
  return { position, flaps: Math.min(Math.max(flaps, 0), MAX_FLAPS) };
}

/** Where it cannot be read the file lies in a folder that a boot empties (RuntimeDirectory=). */
async function bootId(): Promise<string> {
  return await readFile(BOOT_ID, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
}
