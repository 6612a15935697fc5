/** What the families of the command line (`*-cli.ts`) share: how a command ends, and options that many commands have. It must not know a command. */
import type { ExitCode } from './exit-codes.ts';

/** Takes the exit code of the command that has run. */
export type Done = (exit: ExitCode) => void;

export const CONFIG = ['-c, --config <file>', 'the configuration (YAML)'] as const;
export const SOCKET = ['-s, --socket <path>', "the instance's control socket"] as const;
export const JSON_OUT = ['--json', 'print JSON'] as const;
