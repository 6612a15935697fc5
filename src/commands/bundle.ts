/**
 * `cleanfeed ctl bundle`: one archive with the state of an instance and of its machine, for whoever helps. It is written where it is told, readable by its owner
 * only; nothing is sent anywhere. It works without an instance too: then it says what the machine and the configuration tell.
 *
 *   instance ─ status, limits, metrics, log, configuration ─┐
 *   machine ─ system, settings, limits, queues, unit ───────┼─▶ without URLs and credentials ─▶ FILE.tar.gz
 *   guard ─ its status ─────────────────────────────────────┘
 *
 * It must hold no entry of a list, no secret, no address of a client and no URL.
 *
 * Exit: 0 written; 64 wrong command line; 69 it cannot be written, or there is neither an instance nor a configuration; 77 the socket is not for this user.
 */
import { rm, writeFile } from 'node:fs/promises';
import { credentialPlaces } from '../config/credential-places.ts';
import { loadConfig } from '../config/load.ts';
import { shownConfig, type Shown } from '../config/shown-config.ts';
import type { Config } from '../config/types.ts';
import { errnoOf, unlessOfSystem, writingReason } from '../lib/errors.ts';
import { tarOf, type TarFile } from './tar.ts';
import type { CommandName, ControlRequest } from '../observe/control-protocol.ts';
import type { ReadResult } from '../observe/control-shapes.ts';
import { machineFacts } from './bundle-machine.ts';
import { withoutPaths, withoutUrls } from './bundle-safety.ts';
import { askInstance, type Instance } from './control-client.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { guardSettings } from './guard-settings.ts';
import { askGuard } from './guard.ts';
import { exitOfMissed, targetInstance, noReply, type InstanceNames } from './target-instance.ts';
import { counted, print, printError } from './terminal.ts';

const TIMEOUT_MS = 5000;
const FOLDER = 'cleanfeed-bundle';

export async function bundle(output: string, names: InstanceNames): Promise<ExitCode> {
  const instance = await targetInstance(names);
  if ('exit' in instance) return instance.exit;
  const loaded = names.config === undefined ? null : await loadConfig(names.config);
  const config = loaded === null ? null : loaded.ok ? loaded.config : (loaded.sound?.config ?? null);
  const asked = await askInstance(instance, { command: 'status' }, TIMEOUT_MS);
  const missed = asked.kind === 'reply' ? null : asked;
  if (missed !== null) printError(noReply(missed, instance));
  if (missed !== null && (config === null || missed.kind === 'no-permission')) return exitOfMissed(missed);
  const status = asked.kind === 'reply' && asked.reply.ok ? asked.reply.result : null;
  const ports = status?.listeners.flatMap(({ port }) => (port === null ? [] : [port])) ?? [];
  const diagnosis = status === null ? null : await resultOf(instance, { command: 'diagnosis' });
  const limits = status === null ? null : await resultOf(instance, { command: 'limits' });
  const configuration: Shown = diagnosis?.configuration ?? (config === null ? null : shownConfig(config));
  const parts: Part[] = [
    part('status.json', 'state of the instance, as ctl status --json; without paths', json(status), true),
    part('limits.json', 'limits in force and their usage', json(limits === null ? null : withoutRanges(limits))),
    part('metrics.txt', 'metrics, as Prometheus reads them', diagnosis?.metrics ?? null),
    part(
      'log.jsonl',
      'the last lines of the log, without paths',
      diagnosis === null ? null : `${diagnosis.log.join('\n')}\n`,
      true,
    ),
    part('configuration.json', 'configuration; secrets, paths, URLs, texts and prefixes left out', json(configuration)),
    part(
      'machine.json',
      'system, kernel settings, limits of the process, listen queues, unit',
      json(await machineFacts(status === null ? null : { pid: status.pid, ports })),
    ),
    part('guard.json', 'state of the guard', json(await guardReport(config)), true),
  ];
  // The instance may have another configuration in force than the file has by now, and only it knows where no file is named.
  const places = [...(diagnosis?.credentials ?? []), ...(config === null ? [] : credentialPlaces(config))];
  return await written(output, parts, places);
}

interface Part {
  readonly name: string;
  readonly what: string;
  /** Null: there is none. */
  readonly content: string | null;
  /** It holds messages, which name files. */
  readonly hasMessages: boolean;
}

function part(name: string, what: string, content: string | null, hasMessages = false): Part {
  return { name, what, content, hasMessages };
}

function json(value: unknown): string | null {
  return value === null ? null : `${JSON.stringify(value, null, 2)}\n`;
}

/** Addresses that customers share are customers' addresses. */
function withoutRanges({ limits, ...rest }: ReadResult<'limits'>): object {
  return { ...rest, limits: { ...limits, sharedAddresses: `[${limits.sharedAddresses.length} in all]` } };
}

/** @returns null if it does not reply so. */
async function resultOf<Name extends CommandName>(
  instance: Instance,
  request: ControlRequest<Name>,
): Promise<ReadResult<Name> | null> {
  const asked = await askInstance(instance, request, TIMEOUT_MS);
  return asked.kind === 'reply' && asked.reply.ok ? asked.reply.result : null;
}

/** @returns null if there is none, or none answers. */
async function guardReport(config: Config | null): Promise<unknown> {
  if (config === null || config.guard === null) return null;
  const { metrics } = guardSettings(config, config.guard, process.env['RUNTIME_DIRECTORY']);
  return await askGuard(metrics.address, metrics.port).catch(() => null);
}

async function written(output: string, parts: readonly Part[], secrets: readonly string[]): Promise<ExitCode> {
  const now = new Date();
  const files: TarFile[] = [{ name: `${FOLDER}/README.txt`, content: readme(parts, now) }];
  for (const { name, content, hasMessages } of parts) {
    if (content === null) continue;
    // Places that are known first: one with a space in it is no path that could be told by its look.
    const safe = withoutUrls(content, secrets);
    files.push({ name: `${FOLDER}/${name}`, content: hasMessages ? withoutPaths(safe) : safe });
  }
  const archive = tarOf(files, now.getTime() / 1000);
  try {
    // What is there is not overwritten: it may be the bundle of an earlier fault.
    await writeFile(output, archive, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return notWritten(output, 'is there already');
    // Half of one would be taken for one, and for the next one's.
    await rm(output, { force: true }).catch(unlessOfSystem);
    return notWritten(output, writingReason(errno));
  }
  print(`${output}: ${counted(files.length, 'file')}, ${archive.length} bytes; nothing was sent to anybody`);
  print(`Look at it before you send it: tar -xzOf ${output} | less`);
  return EXIT.ok;
}

function notWritten(output: string, reason: string): ExitCode {
  printError(`${output}: ${reason}`);
  return EXIT.unavailable;
}

function readme(parts: readonly Part[], now: Date): string {
  return [
    `Support bundle of Cleanfeed, ${now.toISOString()}`,
    '',
    ...parts.map(({ name, what, content }) => `${name.padEnd(20)} ${what}${content === null ? ' (none)' : ''}`),
    '',
    'It holds no entry of a list, no key or token, no address of a client and no URL that anybody asked for. It does hold the names of lists, listeners',
    "and policies, addresses of the machine's own listeners and resolvers, versions, and figures of traffic.",
    'Somebody who knows the network should look at it before it is sent.',
    '',
  ].join('\n');
}
