/** What the shipped files of all engines of one test are filled with. It starts nothing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Ports {
  readonly primary: number;
  readonly primaryTls: number;
  readonly bind: number;
  readonly powerdns: number;
  readonly unbound: number;
  readonly 'unbound-file': number;
  readonly 'knot-resolver': number;
  readonly upstream: number;
}

/** All that the files of the engines are filled with. */
export interface Site {
  readonly folder: string;
  readonly zones: string;
  readonly ports: Ports;
  /** Secrets of the two keys, base64. */
  readonly secrets: { readonly bind: string; readonly powerdns: string };
  /** What a test changes in the shipped files, beyond places. */
  readonly changes: Readonly<Record<string, readonly (readonly [string, string])[]>>;
}

export function write(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
