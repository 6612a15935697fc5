/**
 * A real WebKitGTK (the engine that Safari is made from, with the network code of GNOME), on a screen that nobody sees, driven over
 * WebDriver (W3C) by its own driver. It must not be taken for Safari: what Safari says of a fault is Safari's own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';

/** What the driver starts; part of Debian's libwebkit2gtk-4.1-0. */
export const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

export interface WebKitOptions {
  /** As libproxy reads it: `http://address:port`, or `pac+` and the address of a PAC file. */
  readonly proxy?: string;
  /** What takes the driver's arguments and becomes it. */
  readonly program?: string;
}

export class WebKit implements AsyncDisposable {
  readonly #home: TemporaryDirectory;
  readonly #children: readonly ChildProcess[];
  readonly #address: string;
  #session = '';

  static async start({ proxy, program = 'WebKitWebDriver' }: WebKitOptions = {}): Promise<WebKit> {
    const home = temporaryDirectory();
    mkdirSync(home.file('run'), { mode: 0o700 });
    const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const shown = screen.stdio[3];
    if (!(shown instanceof Duplex)) throw new Error('Xvfb has no pipe to say its number');
    const [number] = (await once(shown, 'data')) as [Buffer];
    const port = await freePort();
    const env = {
      ...process.env,
      DISPLAY: `:${number.toString().trim()}`,
      HOME: home.path,
      XDG_RUNTIME_DIR: home.file('run'),
      GDK_BACKEND: 'x11',
      LANG: 'en_CA.UTF-8',
      LANGUAGE: 'en_CA',
      NO_AT_BRIDGE: '1',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      ...(proxy === undefined ? {} : { http_proxy: proxy, https_proxy: proxy }),
      // The driver speaks with the browser over loopback.
      no_proxy: '127.0.0.1',
    };
    const driver = spawn(program, [`--port=${port}`, '--host=127.0.0.1'], { stdio: 'ignore', env, detached: true });
    const webkit = new WebKit(home, [screen, driver], `http://127.0.0.1:${port}`);
    await eventually('the driver answers', async () => await webkit.#isReady());
    await webkit.#begin();
    return webkit;
  }

  private constructor(home: TemporaryDirectory, children: readonly ChildProcess[], address: string) {
    this.#home = home;
    this.#children = children;
    this.#address = address;
  }

  async #begin(): Promise<void> {
    const alwaysMatch = {
      browserName: 'MiniBrowser',
      acceptInsecureCerts: false,
      'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] },
    };
    const { sessionId } = (await this.#ask('POST', '/session', { capabilities: { alwaysMatch } })) as {
      readonly sessionId: string;
    };
    this.#session = `/session/${sessionId}`;
  }

  /** Opens an address; it ends when the page is there, be it of an origin or of the browser itself, or when none comes. */
  async open(url: string): Promise<void> {
    await this.#ask('POST', `${this.#session}/url`, { url });
  }

  /** The words of what is shown. */
  async text(): Promise<string> {
    return (await this.evaluate('return document.body === null ? "" : document.body.innerText')) as string;
  }

  async evaluate(script: string): Promise<unknown> {
    return await this.#ask('POST', `${this.#session}/execute/sync`, { script, args: [] });
  }

  async size(width: number, height: number): Promise<void> {
    await this.#ask('POST', `${this.#session}/window/rect`, { width, height });
  }

  /** PNG of what the window shows of the page. */
  async picture(): Promise<Buffer> {
    return Buffer.from((await this.#ask('GET', `${this.#session}/screenshot`)) as string, 'base64');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session !== '') await this.#ask('DELETE', this.#session).catch(() => null);
    const ends = this.#children.map(async (child) => (child.exitCode === null ? await once(child, 'exit') : null));
    // With whatever the driver has started.
    for (const { pid } of this.#children) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    await Promise.all(ends);
    this.#home[Symbol.dispose]();
  }

  async #isReady(): Promise<boolean> {
    try {
      return ((await this.#ask('GET', '/status')) as { readonly ready: boolean }).ready;
    } catch {
      return false;
    }
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(
      this.#address + path,
      body === undefined
        ? { method }
        : { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    );
    const { value } = (await response.json()) as { readonly value: unknown };
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  }
}
