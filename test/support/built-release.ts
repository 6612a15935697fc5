/**
 * What tests run in place of the sources, made once for each state of them:
 *
 *   *-thread       the threads of tests that run inside of the test process, which must start no bundler; made before the first test
 *   release/dist   what `npm run build` makes: whole processes run it as an operator does, at half of the CPU; made when the first test asks for it
 *
 * It lies with other caches of tools. It must not be written to once it is there.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'cleanfeed-tests');
/** What decides what comes out. */
const PARTS = ['src', 'config', 'docs/operations.md', 'packaging', 'test/support', 'package-lock.json'];
const THREAD = /-thread\.ts$/;
/** Milliseconds; a run takes less. */
const OLD_MS = 24 * 3_600_000;
/** Milliseconds; a build takes less. */
const LOCK_MS = 120_000;
const LOOK_MS = 50;

/** @returns the folder. */
export async function builtRelease(): Promise<string> {
  const folder = join(CACHE, keyOf(PARTS.flatMap(filesBelow)));
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  removeOld();
  const made = mkdtempSync(join(CACHE, 'unfinished-'));
  await writeThreads(made);
  putInPlace(made, folder);
  return folder;
}

/** Whole processes ask for it. @returns the folder with `dist`, `config` and `package.json` of a release. */
export function wholeRelease(): string {
  const folder = process.env['CLEANFEED_TEST_RELEASE'];
  if (folder === undefined) throw new Error('no set-up of jest has said where a build may lie');
  const release = join(folder, 'release');
  const lock = `${release}.lock`;
  while (!existsSync(release)) {
    if (!taken(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
    else if (!existsSync(release)) build(release);
  }
  return release;
}

function build(release: string): void {
  const made = mkdtempSync(`${release}-unfinished-`);
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'packaging', 'build.ts'), join(made, 'dist')], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (status !== 0) throw new Error(`the build has failed: ${stderr}`);
  for (const part of ['config', 'package.json']) symlinkSync(join(ROOT, part), join(made, part));
  putInPlace(made, release);
}

/** One that is older was left by a run that was killed. */
function taken(lock: string): boolean {
  if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > LOCK_MS)
    rmSync(lock, { recursive: true, force: true });
  try {
    mkdirSync(lock);
    return true;
  } catch {
    return false;
  }
}

function putInPlace(made: string, folder: string): void {
  try {
    renameSync(made, folder);
  } catch (error) {
    // Another run was quicker.
    if (!existsSync(folder)) throw error;
    rmSync(made, { recursive: true });
  }
}

async function writeThreads(folder: string): Promise<void> {
  const { bundledSources } = await import('../../src/lib/bundled-sources.ts');
  const entries = ['src', 'test/support'].flatMap(filesBelow).filter((path) => THREAD.test(path));
  for (const [href, text] of await bundledSources(entries.map((path) => pathToFileURL(join(ROOT, path)))))
    writeFileSync(join(folder, basename(href, '.ts')), text);
}

function filesBelow(part: string): readonly string[] {
  const path = join(ROOT, part);
  if (statSync(path).isFile()) return [part];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(ROOT.length))
    .toSorted();
}

function keyOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths)
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

function removeOld(): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - changed > OLD_MS) rmSync(path, { recursive: true, force: true });
  }
}
