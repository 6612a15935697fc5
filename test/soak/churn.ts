/**
 * The operator's side of a soak: lists that change all the time, now and then one that must be refused, configurations
 * that come and go, a broken one. Each is waited for until it is in force, or known to be refused.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { eventually } from '../support/eventually.ts';
import { rawClient } from '../support/raw-client.ts';
import type { Field } from './field.ts';
import { entriesOf, listText } from './listed.ts';
import type { ListVersion } from './listed.ts';
import { between, expectStatus } from './mixes/mix.ts';

const MAX_FILLER = 3000;
const OTHER = 'other';

export class Churn {
  readonly #field: Field;
  readonly #random: () => number;
  #version: ListVersion = { flips: false, filler: 100 };
  readonly #config: string;
  #round = 0;
  /** What was brought into force, and what was refused. */
  readonly counts = { lists: 0, badLists: 0, configurations: 0, badConfigurations: 0 };

  constructor(field: Field, random: () => number) {
    this.#field = field;
    this.#random = random;
    this.#config = readFileSync(field.proxy.file('cleanfeed.yaml'), 'utf8');
  }

  async round(): Promise<void> {
    this.#round += 1;
    if (this.#round % 6 === 0) await this.#badList();
    else if (this.#round % 6 === 3) await this.#configuration();
    else if (this.#round % 12 === 5) await this.#badConfiguration();
    await this.#list();
  }

  async #list(): Promise<void> {
    const { proxy, flip } = this.#field;
    // The first one is the largest: the buffers have their final size before anything is measured.
    const filler = this.#round === 1 ? MAX_FILLER : between(this.#random, 10, MAX_FILLER - 1);
    const flips = !this.#version.flips;
    // The number of entries tells which list is in force: it must not be that of the one before.
    const isAlike = entriesOf({ flips, filler }) === entriesOf(this.#version);
    const next = { flips, filler: isAlike ? filler + 1 : filler };
    flip.becomes(200, 403);
    this.#write('own.txt', listText(next));
    proxy.signal('SIGHUP');
    await eventually(
      'a new list is in force',
      async () => await proxy.status(),
      ({ lists, workers, generation }) =>
        lists[0]!.entries === entriesOf(next) && workers.every((worker) => worker.generation === generation),
    );
    flip.becomes(next.flips ? 403 : 200);
    this.#version = next;
    this.counts.lists += 1;
  }

  async #badList(): Promise<void> {
    const { proxy } = this.#field;
    this.#write('own.txt', `${listText(this.#version)}http://user@bad.example/\n`);
    proxy.signal('SIGHUP');
    await eventually(
      'a bad list is refused',
      async () => (await proxy.status()).lists[0]!.lastError,
      (fault) => fault !== null,
    );
    this.counts.badLists += 1;
  }

  /** One more listener opens, serves, and closes again. */
  async #configuration(): Promise<void> {
    const { proxy, ports } = this.#field;
    const config = JSON.parse(this.#config) as { listeners: object[]; limits: object };
    const listeners = [...config.listeners, { name: OTHER, mode: 'explicit', address: '127.0.0.1', port: 0 }];
    await this.#apply(
      JSON.stringify({
        ...config,
        listeners,
        limits: { ...config.limits, requestsPerConnection: between(this.#random, 20, 200) },
      }),
      listeners.length,
    );
    const { port } = (await proxy.status()).listeners.find(({ name }) => name === OTHER)!;
    await using client = await rawClient(port!);
    client.request(`http://localhost:${ports.pages}/length/x/10`);
    expectStatus(await client.response(), 200);
    await this.#apply(this.#config, config.listeners.length);
    this.counts.configurations += 2;
  }

  async #badConfiguration(): Promise<void> {
    this.#reload(this.#config.replace('"workers"', '"wrokers"'));
    await eventually(
      'a bad configuration is refused',
      async () => await this.#field.proxy.status(),
      ({ configuration }) => configuration.errors.length === 1,
    );
    this.#reload(this.#config);
    await eventually(
      'the good one is taken again',
      async () => await this.#field.proxy.status(),
      ({ configuration }) => configuration.errors.length === 0,
    );
    this.counts.badConfigurations += 1;
  }

  async #apply(text: string, listeners: number): Promise<void> {
    const { loadedAt } = (await this.#field.proxy.status()).configuration;
    this.#reload(text);
    await eventually(
      'a configuration is in force',
      async () => await this.#field.proxy.status(),
      (now) =>
        now.configuration.loadedAt !== loadedAt &&
        now.listeners.length === listeners &&
        now.listeners.every(({ port }) => port !== null),
    );
  }

  #reload(config: string): void {
    this.#write('cleanfeed.yaml', config);
    this.#field.proxy.signal('SIGHUP');
  }

  #write(name: string, text: string): void {
    const file = this.#field.proxy.file(name);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
}
