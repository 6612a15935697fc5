/** `--node PATH`: another Node, under which ours runs beside the one that runs the bench. It must not start anything but `PATH --version`. */
import { resolve } from 'node:path';
import { UsageError } from '../command-line.ts';
import { versionOf } from './programs.ts';

export interface OtherNode {
  readonly program: string;
  readonly version: string;
}

/** @param path as it is given, from where the user stands. @returns null if none is wanted. Throws UsageError where there is no Node. */
export function otherNode(path: string | undefined): OtherNode | null {
  if (path === undefined) return null;
  const program = resolve(process.env['INIT_CWD'] ?? '.', path);
  const version = versionOf(program, ['--version'], /^v(\d\S*)/);
  if (version === 'unknown') throw new UsageError(`${program} is no Node`);
  return { program, version };
}
