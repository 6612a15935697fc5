/**
 * Does what a document tells its reader to do, block by block, in a folder that looks like a checkout:
 *
 *   <!-- file: NAME -->      the block is written to that file
 *   <!-- run -->             its commands are run, one after the other; `run: exit N`: the last one ends so
 *   <!-- start -->           it is started and stays, until the next `start` or the end; ready when /readyz says so
 *   <!-- prints -->          these lines come out of the block before, in this order; `…` stands for anything
 *   <!-- incident: NAME -->  the test does that to the rehearsed machines: what an attacker would
 *   <!-- not run: WHY -->    left out
 *
 * Ports of the documents are exchanged for free ones, folders of a real machine for folders here, and back in what is printed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { ROOT } from './markdown.ts';
import type { Block } from './markdown.ts';

const PORTS = ['3128', '9090', '8088'];
const ADMIN_PORT = '9090';
const LINKED = ['package.json', 'package-lock.json', 'node_modules', 'src'];

/** `npm start` as it is takes the demo's own ports: the same command on other ones. */
const SAME_AS = new Map([['npm start\n', 'npm run -s cleanfeed -- demo -c config/demo.yaml\n']]);

/** The shell that a reader pastes commands into. */
type Shell = 'sh' | 'zsh' | 'fish';

interface ShellCommand {
  readonly argv: readonly string[];
  /** What it reads from standard input. */
  readonly input: string;
}

/**
 * Each as at a terminal, without files of the user: zsh takes no comments there and fails for a pattern that matches nothing, fish (before 4.0) likewise.
 * All end at the first command that fails.
 */
const SHELLS: Readonly<Record<Shell, (script: string) => ShellCommand>> = {
  sh: (script) => ({ argv: ['sh', '-e', '-c', script], input: '' }),
  zsh: (script) => ({ argv: ['zsh', '-f', '-i', '-s', '-e', '+m', '+o', 'promptsp'], input: script }),
  fish: (script) => ({
    argv: [
      'fish',
      '--no-config',
      '--features=no-qmark-noglob',
      '-c',
      script.replaceAll(/\n(?=.)|\n*$/g, '\nor exit $status\n'),
    ],
    input: '',
  }),
};

export interface SessionOptions {
  /** `sh` where it is left out. */
  readonly shell?: Shell;
  /** What the reader's shell has set. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Files that the reader's shell may open (`ulimit -n`). */
  readonly descriptors?: number;
  /** Folders of a real machine that the document names, each of them made. */
  readonly folders?: readonly string[];
  /** What the document calls an incident; `place` gives where a path of the document lies. */
  readonly incidents?: Readonly<Record<string, (place: (path: string) => string) => Promise<void>>>;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  output: string;
}

export class Session {
  readonly #folder: TemporaryDirectory;
  readonly #ports: ReadonlyMap<string, string>;
  readonly #folders: readonly string[];
  readonly #incidents: NonNullable<SessionOptions['incidents']>;
  readonly #shell: Pick<SessionOptions, 'shell' | 'environment' | 'descriptors'>;
  #running: Started | null = null;
  #output = '';

  static async begin(options: SessionOptions = {}): Promise<Session> {
    const free = new Map<string, string>();
    for (const port of PORTS) free.set(port, String(await freePort()));
    return new Session(free, options);
  }

  constructor(ports: ReadonlyMap<string, string>, { folders = [], incidents = {}, ...shell }: SessionOptions) {
    this.#ports = ports;
    this.#shell = shell;
    this.#folders = folders;
    this.#incidents = incidents;
    this.#folder = temporaryDirectory();
    for (const folder of folders) mkdirSync(this.#folder.file(folder), { recursive: true });
    // What an installation has in its path; npm scripts are for a checkout.
    mkdirSync(this.#folder.file('bin'));
    symlinkSync(join(ROOT, 'bin', 'cleanfeed'), this.#folder.file('bin/cleanfeed'));
    for (const name of LINKED) symlinkSync(join(ROOT, name), this.#folder.file(name));
    cpSync(join(ROOT, 'config'), this.#folder.file('config'), { recursive: true });
    const demo = this.#folder.file('config/demo.yaml');
    writeFileSync(demo, this.#exchange(readFileSync(demo, 'utf8')));
  }

  async end(): Promise<void> {
    await this.#stop();
    this.#folder[Symbol.dispose]();
  }

  /** Throws where the document is wrong. */
  async follow({ comment, text, line }: Block): Promise<void> {
    const [, word = '', rest = ''] = /^([a-z ]+?)(?:: (.+))?$/.exec(comment ?? '') ?? [];
    switch (word) {
      case 'file':
        return this.#write(rest, text);
      case 'run':
        return await this.#run(text, Number(/^exit (\d+)$/.exec(rest)?.[1] ?? 0));
      case 'start':
        return await this.#start(text);
      case 'prints':
        return await this.#prints(text);
      case 'incident':
        return await this.#incident(rest);
      case 'not run':
        return;
      default:
        throw new Error(
          `line ${line}: the comment before the block says neither run, start, file, prints, incident nor not run: ${comment}`,
        );
    }
  }

  #write(name: string, text: string): void {
    const path = name.startsWith('/') ? this.#exchange(name) : this.#folder.file(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.#exchange(text));
  }

  async #incident(name: string): Promise<void> {
    const happen = this.#incidents[name];
    if (happen === undefined) throw new Error(`there is no incident '${name}'`);
    await happen((path) => this.#exchange(path));
  }

  async #run(text: string, exit: number): Promise<void> {
    const started = this.#spawn(text);
    await started.ended;
    this.#output = started.output;
    expect({ exit: started.child.exitCode, output: started.output }).toEqual({ exit, output: started.output });
  }

  async #start(text: string): Promise<void> {
    await this.#stop();
    const started = this.#spawn(text);
    this.#running = started;
    const url = this.#exchange(`http://127.0.0.1:${ADMIN_PORT}/readyz`);
    await eventually(
      `${text.trim()} is ready`,
      async () => started.child.exitCode ?? (await statusOf(url)),
      (status) => status === 200,
    );
  }

  async #prints(text: string): Promise<void> {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const print = (): string =>
      this.#exchangeBack(this.#running !== null && this.#output === '' ? this.#running.output : this.#output);
    if (this.#output === '')
      await eventually(
        'all of it is printed',
        () => firstMissing(lines, print()),
        (missing) => missing === null,
      );
    expect({ missing: firstMissing(lines, print()), printed: print() }).toEqual({ missing: null, printed: print() });
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    this.#output = '';
    if (running === null) return;
    // The whole group: npm, the shell it runs, and what they run.
    if (running.child.exitCode === null) process.kill(-running.child.pid!, 'SIGTERM');
    await running.ended;
  }

  #spawn(text: string): Started {
    const { shell = 'sh', environment = {}, descriptors } = this.#shell;
    const { argv, input } = SHELLS[shell](this.#exchange(SAME_AS.get(text) ?? text));
    const env = {
      ...environment,
      PS1: '',
      PATH: `${this.#folder.file('bin')}:${process.env['PATH']}`,
      HOME: this.#folder.path,
      LANG: 'C.UTF-8',
      // support/process-marks.mjs: without it nobody would find these processes where another test ends the run.
      CLEANFEED_TEST_MARK: process.env['CLEANFEED_TEST_MARK'],
    };
    const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} && `;
    const child = spawn('sh', ['-c', `${limit}exec "$@" 2>&1`, 'sh', ...argv], {
      cwd: this.#folder.path,
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    // One that ends before it has read all is no fault of the test.
    child.stdin.on('error', () => {}).end(input);
    const started: Started = { child, output: '', ended: new Promise((resolve) => child.on('close', () => resolve())) };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      started.output += chunk;
    });
    return started;
  }

  #exchange(text: string): string {
    const moved = this.#folders.reduce((all, folder) => all.replaceAll(folder, this.#folder.file(folder)), text);
    return moved.replaceAll(/\b\d{4}\b/g, (number) => this.#ports.get(number) ?? number);
  }

  #exchangeBack(text: string): string {
    const back = this.#folders.reduce((all, folder) => all.replaceAll(this.#folder.file(folder), folder), text);
    // The demo's lines for a shell that names a proxy.
    const plain = this.#shell.environment === undefined ? back : back.replaceAll(/ --noproxy '\*?'/g, '');
    return [...this.#ports].reduce((all, [port, free]) => all.replaceAll(free, port), plain);
  }
}

/** The first of the lines that does not come after those before it; null: all do. */
function firstMissing(lines: readonly string[], printed: string): string | null {
  const output = printed.split('\n');
  let at = 0;
  for (const line of lines) {
    const pattern = new RegExp(`^${line.split('…').map(literally).join('.*')}$`);
    const found = output.findIndex((text, i) => i >= at && pattern.test(text));
    if (found === -1) return line;
    at = found + 1;
  }
  return null;
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

async function statusOf(url: string): Promise<number> {
  try {
    return (await fetch(url)).status;
  } catch {
    return 0;
  }
}
