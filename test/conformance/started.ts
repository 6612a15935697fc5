/** The origins of a run: those that are installed are started, all at once; whatever was started is stopped. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../bench/load/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { Family, OriginConfiguration } from './origins/origin.ts';
import { Program, stopAll } from './origins/process.ts';
import type { ProgramOptions } from './origins/process.ts';
import { writeSite } from './site.ts';

export interface StartedOrigin {
  readonly configuration: OriginConfiguration;
  readonly port: number;
}

export interface Unstarted {
  readonly family: Family;
  readonly why: string;
}

export class Started implements AsyncDisposable {
  readonly origins: StartedOrigin[] = [];
  readonly missing: Unstarted[] = [];
  readonly broken: Unstarted[] = [];
  readonly #programs: Program[] = [];
  readonly #directory = temporaryDirectory();

  async start(families: readonly Family[]): Promise<void> {
    const root = join(this.#directory.path, 'site');
    // httpd reads files as another user.
    chmodSync(this.#directory.path, 0o755);
    writeSite(root);
    await Promise.all(families.map(async (family) => await this.#startOne(family, root)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopAll(this.#programs);
    this.#directory[Symbol.dispose]();
  }

  async #startOne(family: Family, root: string): Promise<void> {
    const absent = family.needs.filter((name) => findProgram(name) === null);
    if (absent.length > 0) {
      this.missing.push({ family, why: `not installed: ${absent.join(', ')}` });
      return;
    }
    const directory = join(this.#directory.path, family.name);
    mkdirSync(directory);
    try {
      const ports = await family.start({ root, directory, run: (command, args, options) => this.#run(command, args, { cwd: directory, ...options }) });
      this.origins.push(...family.configurations.map((configuration) => ({ configuration, port: ports.get(configuration.name)! })));
    } catch (error) {
      this.broken.push({ family, why: error instanceof Error ? error.message : String(error) });
    }
  }

  #run(command: string, args: readonly string[], options: ProgramOptions): Program {
    const program = new Program(command, args, options);
    this.#programs.push(program);
    return program;
  }
}
