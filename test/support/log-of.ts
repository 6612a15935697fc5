/** The log of a child process as it grows, event by event. */
import type { ChildProcess } from 'node:child_process';
import { eventually } from './eventually.ts';

export interface ChildLog {
  readonly text: () => string;
  /** The first line with this event; fails when the process ends before. */
  readonly event: (name: string) => Promise<Record<string, unknown>>;
  readonly ended: Promise<number | null>;
}

export function logOf(child: ChildProcess): ChildLog {
  let text = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const find = (name: string): string | undefined =>
    text.split('\n').find((line) => line.includes(`"event":"${name}"`) && line.endsWith('}'));
  return {
    text: () => text,
    ended,
    event: async (name) => {
      const line = await eventually(
        `${name} in the log`,
        () => find(name) ?? (child.exitCode === null ? null : text),
        (found) => found !== null,
      );
      if (find(name) === undefined) throw new Error(`it ended before ${name}: ${text}`);
      return JSON.parse(line!) as Record<string, unknown>;
    },
  };
}
