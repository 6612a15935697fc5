/** What the families of the command line (`*-cli.ts`) share: how a command ends, and options that many commands have. It must not know a command. */
import { InvalidArgumentError } from 'commander';
import type { ExitCode } from './exit-codes.ts';

/** Takes the exit code of the command that has run. */
export type Done = (exit: ExitCode) => void;

export const CONFIG = ['-c, --config <file>', 'the configuration (YAML)'] as const;
/** Of commands for which the file has to stay: they read it again, or find a running instance by its path. */
export const CONFIG_FILE = [...CONFIG, namedFile] as const;
export const SOCKET = ['-s, --socket <path>', "the instance's control socket"] as const;
export const JSON_OUT = ['--json', 'print JSON'] as const;

function namedFile(file: string): string {
  if (file === '-') throw new InvalidArgumentError('it is read again, or names a running instance: a file is needed.');
  return file;
}

/** Of an option whose empty value says something: the default, say. */
export function mayBeEmpty(value: string): string {
  return value;
}

/** Of an option that may be given more than once: each value counts. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
