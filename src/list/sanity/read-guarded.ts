/**
 * What no list should ever cover: hosts that half of the Internet hangs on (config/protected-hosts.txt, and the operator's own), and
 * addresses that must never match (canaries). Read with each new version of a list, so that an edit counts from the next one on.
 *
 *   host.example            protected                     !host.example   of the operator's file: not protected after all
 *   host.example/a?b        a canary, in a file of canaries; a host alone: no entry may cover it on any channel
 *
 * It must not look into a list (findings.ts does).
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { GateConfig } from '../../config/list-types.ts';
import { errnoOf, fileReason } from '../../lib/errors.ts';
import type { ListAction } from '../../lib/types.ts';
import { canonicalHost } from '../../url/host.ts';
import type { CanonicalHost } from '../../url/host.ts';
import { splitUrl } from '../../url/split.ts';
import { listError } from '../list-error.ts';
import type { Canary, Guarded, GuardedHost } from './guarded.ts';

/** Where a comment begins. What ends a line for others (CR) is a part of it. */
const COMMENT = /(?:^|\s)#/;

const SHIPPED = 'protected-hosts.txt';
/** Read at the start: a running instance needs no folder of the release any more (ADR 0028). */
const SHIPPED_HOSTS = hostsIn(
  readFileSync(new URL('../../../config/protected-hosts.txt', import.meta.url), 'utf8'),
  SHIPPED,
).hosts;

/** @throws ListError `unreadable` that names file and line. */
export async function readGuarded(
  { canaries, protected: own, protectedEntries }: GateConfig,
  action: ListAction,
): Promise<Guarded> {
  return {
    action,
    leavesOut: protectedEntries === 'leaveOut',
    canaries: await readCanaries(canaries, 'gate.canaries'),
    // To let a host through is no harm.
    hosts: action === 'allow' ? [] : await protectedHosts(own, 'gate.protected'),
  };
}

/** @param key which names the file, for messages. @throws ListError `unreadable` that names file and line. */
export async function readCanaries(file: string | null, key: string): Promise<readonly Canary[]> {
  return file === null ? [] : canariesIn(await textOf(file, key), basename(file));
}

/**
 * Those that are shipped, with those of the operator's own file, and without those that it excepts.
 * @param key which names the file, for messages. @throws ListError `unreadable` that names file and line.
 */
export async function protectedHosts(own: string | null, key: string): Promise<readonly GuardedHost[]> {
  if (own === null) return SHIPPED_HOSTS;
  const { hosts, exceptions } = hostsIn(await textOf(own, key), basename(own));
  return [...SHIPPED_HOSTS.filter(({ host }) => !exceptions.has(host)), ...hosts];
}

async function textOf(path: string, key: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw listError('unreadable', `${key}: ${path} cannot be read: ${fileReason(errnoOf(error))}`, error);
  }
}

function hostsIn(
  text: string,
  file: string,
): { readonly hosts: readonly GuardedHost[]; readonly exceptions: Set<string> } {
  const hosts: GuardedHost[] = [];
  const exceptions = new Set<string>();
  for (const { content, where } of linesOf(text, file)) {
    const isException = content.startsWith('!');
    const host = hostOf(isException ? content.slice(1) : content, where);
    if (isException) exceptions.add(host);
    else hosts.push({ host, where });
  }
  return { hosts, exceptions };
}

function canariesIn(text: string, file: string): readonly Canary[] {
  return linesOf(text, file).map(({ content, where }) => {
    const split = splitUrl(content);
    if (split === null) throw listError('unreadable', `${where}: not a host or an http: or https: address`);
    const { host, scheme, port, target } = split;
    return {
      host: hostOf(host, where),
      where,
      port: port ?? (scheme === 'https' ? 443 : 80),
      target: target === '' ? null : target,
    };
  });
}

function hostOf(text: string, where: string): CanonicalHost {
  const host = canonicalHost(text);
  if (host === null || host.includes('*')) throw listError('unreadable', `${where}: not a host name`);
  return host;
}

function linesOf(text: string, file: string): readonly { readonly content: string; readonly where: string }[] {
  return text.split('\n').flatMap((line, i) => {
    const mark = line.search(COMMENT);
    const content = (mark === -1 ? line : line.slice(0, mark)).trim();
    return content === '' ? [] : [{ content, where: `line ${i + 1} of ${file}` }];
  });
}
