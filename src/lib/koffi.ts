/**
 * koffi, the one native package: optional, and loaded when it is first asked for. Where it is missing (another platform, an
 * installation without optional packages) there is null, and callers do what their documentation says for that case.
 *
 * A library is mapped, not read: whoever writes over its file (`cp` of another release into the same folder) changes or ends
 * the process that runs from it. So what is loaded is a copy that has no name any more, and an open descriptor of it is
 * where a thread that starts a month later loads the same from (ADR 0010). It must not be loaded where nobody asks for it.
 */
import { copyFileSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type Koffi from 'koffi';

type KoffiApi = typeof Koffi;

/** What the library itself offers. */
export type BareKoffi = Pick<KoffiApi, 'load' | 'errno' | 'address' | 'node'>;

export interface LoadedKoffi {
  readonly koffi: KoffiApi;
  /** Path by which other threads of this process load it: `koffiFrom`. Null where modules are loaded in another way than Node's: by a test runner. */
  readonly library: string | null;
}

let loading: Promise<LoadedKoffi | null> | null = null;

/** Of the main thread. @returns null if it is not installed, or not for this machine. */
export async function loadKoffi(): Promise<LoadedKoffi | null> {
  loading ??= process.platform === 'linux' ? importKoffi() : Promise.resolve(null);
  return await loading;
}

/** @param library of `LoadedKoffi`. @returns what the library itself offers: what its package only renames is not there. */
export function koffiFrom(library: string): BareKoffi {
  const module: { exports: Partial<KoffiApi> } = { exports: {} };
  process.dlopen(module, library);
  const { load, errno, address, node } = module.exports;
  if (load === undefined || errno === undefined || address === undefined || node === undefined)
    throw new Error(`what is at ${library} is not the library of koffi`);
  return { load, errno, address, node };
}

async function importKoffi(): Promise<LoadedKoffi | null> {
  const dlopen = process.dlopen.bind(process);
  let descriptor: number | null = null;
  process.dlopen = (module: object, file: string, flags = constants.dlopen.RTLD_LAZY): void => {
    try {
      descriptor = openCopy(file);
      dlopen(module, pathOf(descriptor), flags);
    } catch {
      // No temporary files are to be had here, or they may not be executed.
      descriptor = openSync(file, 'r');
      dlopen(module, pathOf(descriptor), flags);
    }
  };
  try {
    const { default: koffi } = await import('koffi');
    return { koffi, library: descriptor === null ? null : pathOf(descriptor) };
  } catch {
    return null;
  } finally {
    process.dlopen = dlopen;
  }
}

function pathOf(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

function openCopy(file: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'cleanfeed-'));
  try {
    const copy = join(folder, basename(file));
    copyFileSync(file, copy);
    return openSync(copy, 'r');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
