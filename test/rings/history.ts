/**
 * The file of past runs: what each had to run again. Later runs read it (requirement 70). It lies outside of the checkout, as CI
 * runs in a new one each time; where it cannot be written a run goes on without it, and says so.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface RetriedFile {
  readonly file: string;
  readonly test: string | null;
  readonly seed: number;
  readonly failure: string;
  /** Whether it passed each time when it was run again. */
  readonly passed: boolean;
}

export interface PastRun {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly commit: string;
  readonly ring: string;
  readonly seed: number;
  readonly passed: boolean;
  readonly retried: readonly RetriedFile[];
}

export function historyFile(env: NodeJS.ProcessEnv = process.env): string {
  return env['CLEANFEED_TEST_HISTORY'] || join(env['XDG_STATE_HOME'] || defaultState(), 'cleanfeed', 'test-runs.jsonl');
}

/** For a user without a home, in the folder of temporary files. */
function defaultState(): string {
  try {
    return join(homedir(), '.local', 'state');
  } catch {
    return tmpdir();
  }
}

/** In order. A line that a full disk has cut is no run. */
export function readHistory(file: string): PastRun[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as PastRun];
      } catch {
        return [];
      }
    });
}

/** @returns why it was not written, or null */
export function addToHistory(file: string, run: PastRun): string | null {
  try {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${JSON.stringify(run)}\n`);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
