/**
 * A real Firefox without a screen, driven over Marionette, its own protocol (`length:[0, id, command, parameters]` both ways): no other
 * program stands between. Each has a profile of its own. It must not be used for what needs a person's profile.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.ts';
import { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';

/** Names of `about:config`. */
export type FirefoxSettings = Readonly<Record<string, string | number | boolean>>;

/** Firefox asks its maker for nothing; whatever it is told to open comes from the test. */
const QUIET: FirefoxSettings = {
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.aboutConfig.showWarning': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.security.https_first': false,
  'extensions.update.enabled': false,
  'marionette.port': 0,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.disableIPv6': true,
  'network.proxy.allow_hijacking_localhost': true,
  'network.trr.mode': 5,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

/** With the words inside of elements that Firefox makes for its pages. */
const SHOWN = `
const words = (node) => {
  if (node.nodeType === Node.TEXT_NODE) return [node.data.trim()];
  if (/^(?:STYLE|SCRIPT|TEMPLATE)$/.test(node.nodeName) || node.hidden) return [];
  const root = node.openOrClosedShadowRoot ?? node.shadowRoot;
  return [...(root?.childNodes ?? []), ...node.childNodes].flatMap(words);
};
return [document.documentURI, document.title, words(document.body).filter((text) => text !== '').join(' ')];`;

/** What a page shows: its words, and its address, which for an error names the kind of error. */
export interface ShownPage {
  readonly address: string;
  readonly title: string;
  readonly text: string;
}

export class Firefox implements AsyncDisposable {
  readonly #profile: TemporaryDirectory;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (error: unknown, result: unknown) => void>();
  #received = Buffer.alloc(0);
  #id = 0;

  /** `program`: what takes its arguments and becomes it. */
  static async start(settings: FirefoxSettings = {}, { program = 'firefox-esr' } = {}): Promise<Firefox> {
    const profile = temporaryDirectory();
    const lines = Object.entries({ ...QUIET, ...settings }).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    writeFileSync(profile.file('user.js'), lines.join(''));
    const words = ['--headless', '--no-remote', '--marionette', '--profile', profile.path];
    const child = spawn(program, words, { stdio: 'ignore', env: { ...process.env, HOME: profile.path } });
    const port = await eventually(
      'Firefox says where it listens',
      () => (child.exitCode === null ? portIn(profile) : null),
      (found) => found !== 0,
    );
    if (port === null) throw new Error('Firefox ended at its start');
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    const firefox = new Firefox(profile, child, socket);
    await firefox.#ask('WebDriver:NewSession', { acceptInsecureCerts: false });
    return firefox;
  }

  private constructor(profile: TemporaryDirectory, child: ChildProcess, socket: Socket) {
    this.#profile = profile;
    this.#child = child;
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const settle of this.#waiting.values()) settle(new Error('Firefox has gone'), null);
    });
  }

  /** Opens an address and waits for the page, be it of an origin or of Firefox itself, which says that it could not be opened. */
  async open(url: string): Promise<ShownPage> {
    try {
      await this.#ask('WebDriver:Navigate', { url });
    } catch (error) {
      if (!String(error).includes('about:neterror')) throw error;
    }
    return await this.page();
  }

  /** As soon as it has words: pages of Firefox itself make theirs with scripts. */
  async page(): Promise<ShownPage> {
    return await eventually(
      'the page has words',
      async () => {
        const [address, title, text] = (await this.evaluate(SHOWN)) as readonly [string, string, string];
        return { address, title, text };
      },
      ({ text }) => text !== '',
    );
  }

  async evaluate(script: string): Promise<unknown> {
    return ((await this.#ask('WebDriver:ExecuteScript', { script, args: [] })) as { readonly value: unknown }).value;
  }

  async size(width: number, height: number): Promise<void> {
    await this.#ask('WebDriver:SetWindowRect', { width, height });
  }

  /** PNG of what the window shows of the page. */
  async picture(): Promise<Buffer> {
    const { value } = (await this.#ask('WebDriver:TakeScreenshot', { full: false, hash: false })) as { value: string };
    return Buffer.from(value, 'base64');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#child.exitCode === null ? once(this.#child, 'exit') : null;
    this.#socket.destroy();
    this.#child.kill('SIGKILL');
    await ended;
    this.#profile[Symbol.dispose]();
  }

  async #ask(command: string, parameters: object): Promise<unknown> {
    const id = ++this.#id;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, (error, result) => {
      if (error === null) resolve(result);
      else reject(error instanceof Error ? error : new Error(`${command}: ${JSON.stringify(error)}`));
    });
    const message = JSON.stringify([0, id, command, parameters]);
    this.#socket.write(`${Buffer.byteLength(message)}:${message}`);
    return await promise;
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const colon = this.#received.indexOf(':');
      const end = colon + 1 + Number(this.#received.subarray(0, Math.max(0, colon)).toString());
      if (colon < 0 || this.#received.length < end) return;
      const message: unknown = JSON.parse(this.#received.subarray(colon + 1, end).toString());
      this.#received = this.#received.subarray(end);
      // The greeting is no list.
      if (!Array.isArray(message)) continue;
      const [, id, error, result] = message as [number, number, unknown, unknown];
      this.#waiting.get(id)?.(error, result);
      this.#waiting.delete(id);
    }
  }
}

/** 0: it does not listen yet. */
function portIn(profile: TemporaryDirectory): number {
  try {
    return Number(readFileSync(profile.file('MarionetteActivePort'), 'utf8'));
  } catch {
    return 0;
  }
}
