/**
 * What an origin is to the run. A family is one program, started once, that serves the site in several configurations;
 * each configuration is judged on a host of its own and has entries with the `fold` that docs/canonical-form.md
 * prescribes for it.
 */
import type { Fold } from '../site.ts';
import type { Program, ProgramOptions } from './process.ts';

export interface OriginConfiguration {
  /** `nginx-static`: what `--origin` and the table of what is not covered call it. */
  readonly name: string;
  readonly fold: readonly Fold[];
  /** Requests under way on one connection: 1 for programs that close each connection or lose what is pipelined. */
  readonly depth: number;
  readonly connections: number;
}

export interface OriginSetup {
  /** The site as files, read by other users too. */
  readonly root: string;
  /** A directory of the family's own. */
  readonly directory: string;
  /** Starts a program; it ends with the run, also where the rest of the family does not come up. */
  run(command: string, args: readonly string[], options?: Partial<ProgramOptions>): Program;
}

/** By name of the configuration. */
export type Ports = ReadonlyMap<string, number>;

export interface Family {
  readonly name: string;
  /** Programs, by name, and files, by path, that have to be there. */
  readonly needs: readonly string[];
  /** The npm package of what it needs, which Debian has not: it takes part where somebody has installed it. */
  readonly npmPackage?: string;
  readonly configurations: readonly OriginConfiguration[];
  start(setup: OriginSetup): Promise<Ports>;
}

const PIPELINED = { fold: [], depth: 16, connections: 4 } as const;

/** A configuration, as most are. */
export function configuration(name: string, more: Partial<OriginConfiguration> = {}): OriginConfiguration {
  return { name, ...PIPELINED, ...more };
}

/** Reserved for loopback (RFC 6761 §6.3), so that a real proxy reaches it too. */
export function hostOf({ name }: OriginConfiguration): string {
  return `${name}.localhost`;
}
