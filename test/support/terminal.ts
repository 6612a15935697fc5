/**
 * A program on a pseudo terminal, which Python opens. What it prints, escape sequences and all, is what a person would see. It is ended by what is
 * typed: a terminal that closes says SIGHUP, which `serve` takes for a reload.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const RELAY = `
import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status) & 255)
`;

export interface OnTerminal {
  /** What has been printed, with line ends as programs write them. */
  output(): string;
  /** Waits for it; fails when the program ends before. */
  until(pattern: RegExp): Promise<string>;
  type(text: string): void;
  /** The exit code. */
  readonly ended: Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function onTerminal(
  command: readonly string[],
  { cwd, env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string | undefined>> } = {},
): OnTerminal {
  const inherited = { ...process.env, NODE_OPTIONS: '', NO_COLOR: undefined, FORCE_COLOR: undefined, TERM: 'xterm' };
  const child: ChildProcess = spawn('python3', ['-c', RELAY, ...command], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...inherited, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  let hasEnded = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text.replaceAll('\r\n', '\n');
    wake();
  });
  child.stdin!.on('error', () => {});
  const ended = (async (): Promise<number | null> => {
    const [[code]] = await Promise.all([once(child, 'exit'), once(child.stdout!, 'close')]);
    hasEnded = true;
    wake();
    return code as number | null;
  })();
  return {
    output: () => output,
    until: async (pattern) =>
      await new Promise((resolve, reject) => {
        const look = (): void => {
          const [found] = pattern.exec(output) ?? [];
          if (found === undefined && !hasEnded) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error(`ended without ${String(pattern)}: ${output}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
    type: (text) => void child.stdin!.write(text),
    ended,
    [Symbol.asyncDispose]: async () => {
      // Ctrl-\ ends whatever has not ended by itself.
      if (child.exitCode === null) child.stdin!.write('\u0011\u001c');
      await ended;
    },
  };
}
