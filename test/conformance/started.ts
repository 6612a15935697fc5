/** The origins of a run: those that are installed are started, side by side; whatever was started is stopped. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../bench/load/programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { Family, OriginConfiguration, Ports } from './origins/origin.ts';
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
  readonly missing: Unstarted[] = [];
  readonly broken: Unstarted[] = [];
  readonly #programs: Program[] = [];
  readonly #directory = temporaryDirectory();
  readonly #root = join(this.#directory.path, 'site');
  #isOver = false;

  constructor() {
    // httpd reads files as another user.
    chmodSync(this.#directory.path, 0o755);
    writeSite(this.#root);
  }

  /** None where a program is missing or does not come up: `missing` and `broken` say so. */
  async start(family: Family): Promise<readonly StartedOrigin[]> {
    const absent = family.needs.filter((name) => !isThere(name));
    if (absent.length > 0) {
      const from = family.npmPackage === undefined ? '' : ` (npm has it as ${family.npmPackage})`;
      this.missing.push({ family, why: `not installed: ${absent.join(', ')}${from}` });
      return [];
    }
    try {
      const ports = await this.#begin(family);
      return family.configurations.map((configuration) => ({ configuration, port: ports.get(configuration.name)! }));
    } catch (error) {
      this.broken.push({ family, why: error instanceof Error ? error.message : String(error) });
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await stopAll(this.#programs);
    this.#directory[Symbol.dispose]();
  }

  async #begin(family: Family): Promise<Ports> {
    const directory = join(this.#directory.path, family.name);
    mkdirSync(directory);
    return await family.start({
      root: this.#root,
      directory,
      run: (command, args, options) => this.#run(command, args, { cwd: directory, ...options }),
    });
  }

  #run(command: string, args: readonly string[], options: ProgramOptions): Program {
    if (this.#isOver) throw new Error('the run is over');
    const program = new Program(command, args, options);
    this.#programs.push(program);
    return program;
  }
}

/** A program by its name, a file by its path. */
function isThere(name: string): boolean {
  return name.startsWith('/') ? existsSync(name) : findProgram(name) !== null;
}
