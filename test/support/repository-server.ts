/**
 * A real nginx with TLS that serves what a clearing house has published to those who show a certificate of its authority, and errs as
 * servers do, and as those do who have broken into one. Which way is said by files, so that it is the same nginx all the time.
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ClearingHouse } from './clearing-house.ts';
import { startNginx } from './nginx.ts';
import { OwnAuthority } from './own-authority.ts';
import { Resources } from './resources.ts';

/** For every file. */
const ANSWERS = {
  forbidden: 'return 403;',
  busy: 'return 503;',
  moved: 'return 302 https://other.example/;',
  hungUp: 'return 444;',
} as const;

/** Of files of this kind the body never ends: as fast as it is taken, a byte a second, or not a byte more after the first. */
interface EndlessBody {
  readonly of: 'timestamp' | 'snapshot' | 'payload';
  readonly pace: 'fast' | 'dripping' | 'silent';
}

/** `soft404`: what is not there is a page that says so, with status 200. */
export type ServerFault = keyof typeof ANSWERS | 'soft404' | EndlessBody;

const PAGE = '<!doctype html><title>Not found</title>';
const DRIP_MS = 1000;

/** A clearing house with these recipients, and the server of what it publishes; both end with the resources. */
export async function servedHouse(
  resources: Resources,
  recipients: readonly string[],
  more: Parameters<typeof ClearingHouse.begin>[1] = {},
): Promise<{ readonly house: ClearingHouse; readonly server: RepositoryServer }> {
  const house = resources.use(await ClearingHouse.begin(recipients, more));
  return { house, server: resources.use(await RepositoryServer.start(house)) };
}

export class RepositoryServer implements AsyncDisposable {
  readonly port: number;
  readonly authority: OwnAuthority;
  readonly #house: ClearingHouse;
  readonly #endless: EndlessOrigin;
  readonly #resources: Resources;

  static async start(house: ClearingHouse): Promise<RepositoryServer> {
    const resources = new Resources();
    const endless = resources.use(await EndlessOrigin.start());
    const authority = new OwnAuthority(house.file('.'));
    mkdirSync(house.file('faults'));
    mkdirSync(house.web, { recursive: true });
    const { port } = resources.use(
      await startNginx({
        server: directives(house, authority, endless.port),
        tls: authority.texts(authority.issue('server')),
      }),
    );
    return new RepositoryServer(house, { port, authority, endless, resources });
  }

  constructor(
    house: ClearingHouse,
    parts: {
      readonly port: number;
      readonly authority: OwnAuthority;
      readonly endless: EndlessOrigin;
      readonly resources: Resources;
    },
  ) {
    this.port = parts.port;
    this.authority = parts.authority;
    this.#house = house;
    this.#endless = parts.endless;
    this.#resources = parts.resources;
  }

  /** From now on it errs like this; null: not at all. */
  say(fault: ServerFault | null): void {
    rmSync(this.#house.file('faults'), { recursive: true });
    mkdirSync(this.#house.file('faults'));
    if (fault === null) return;
    if (typeof fault === 'string') return writeFileSync(this.#house.file(`faults/${fault}`), '');
    this.#endless.pace = fault.pace;
    for (const kind of fault.of === 'payload' ? ['full', 'delta'] : [fault.of])
      writeFileSync(this.#house.file(`faults/endless-${kind}`), '');
  }

  /** Endless bodies that were begun. */
  get endlessBegun(): number {
    return this.#endless.begun;
  }

  /** They are cut off. */
  cutEndless(): void {
    this.#endless.cut();
  }

  /** `GET /isp-a/metadata/timestamp.json 200 612`: what was asked for, how it was answered, bytes of the body. */
  get requests(): readonly string[] {
    return readFileSync(this.#house.file('access.log'), 'latin1')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^.*?"(\w+ \S+) [^"]*" (\d+ \d+) .*$/, '$1 $2'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.end();
  }
}

function directives(house: ClearingHouse, authority: OwnAuthority, endlessPort: number): string {
  const flag = (name: string): string => join(house.file('faults'), name);
  const answers = Object.entries(ANSWERS).map(([name, answer]) => `if (-f ${flag(name)}) { ${answer} }`);
  return `
    access_log ${house.file('access.log')};
    ssl_client_certificate ${authority.certificate}; ssl_verify_client on;
    ${answers.join('\n')}
    location / { root ${house.web}; try_files $uri @missing; }
    location ~ "(timestamp|snapshot|full|delta)(?:\\.json)?$" {
      root ${house.web};
      proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 1h;
      if (-f ${flag('endless-$1')}) { proxy_pass http://127.0.0.1:${endlessPort}; }
      try_files $uri @missing;
    }
    location @missing { default_type text/html; if (-f ${flag('soft404')}) { return 200 "${PAGE}"; } return 404; }`;
}

class EndlessOrigin implements AsyncDisposable {
  pace: EndlessBody['pace'] = 'fast';
  begun = 0;
  readonly #server = createServer((_, response) => this.#answer(response));

  static async start(): Promise<EndlessOrigin> {
    const origin = new EndlessOrigin();
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(response: ServerResponse): void {
    this.begun += 1;
    const piece = Buffer.alloc(this.pace === 'fast' ? 16_384 : 1, 0x20);
    response.write(piece);
    switch (this.pace) {
      case 'fast': {
        const fill = (): void => {
          while (response.write(piece));
        };
        response.on('drain', fill);
        return fill();
      }
      case 'dripping': {
        const timer = setInterval(() => response.write(piece), DRIP_MS);
        response.on('close', () => clearInterval(timer));
        return;
      }
      case 'silent':
    }
  }
}
