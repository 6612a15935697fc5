/**
 * The first configuration of somebody who has none: three answers → a commented file. Pure text; what an answer may be is what the configuration's own
 * rules say of it. It must not read or write a file.
 */
import { isIPv6 } from 'node:net';
import { parseConfig } from '../config/load.ts';
import type { ImportFrom, ReaderTerms } from '../lib/list-formats.ts';

export interface Answers {
  /** `ADDRESS:PORT`, `ADDRESS` or `PORT`. */
  readonly listen: string;
  /** Prefixes, separated by commas or blanks; empty: this machine and the private ranges. */
  readonly clients: string;
  /** A path as the new file will have it, or an https URL. */
  readonly list: string;
}

const DEFAULT_ADDRESS = '127.0.0.1';
const DEFAULT_PORT = '3128';
const PRIVATE = 'this machine and the private ranges (10.0.0.0/8, 192.168.0.0/16 …)';

/** For people, in place of an answer. */
export const DEFAULTS: Answers = { listen: `${DEFAULT_ADDRESS}:${DEFAULT_PORT}`, clients: '', list: './own.txt' };

/** @returns what is wrong with the answer, null if nothing is. */
export function answerFault(key: keyof Answers, answer: string): string | null {
  if (key === 'list' && answer.trim() === '') return 'a path or an https URL is needed';
  if (key === 'list' && answer.startsWith('tuf+'))
    return 'a protected list needs its root and an identity too: docs/list-distribution.md says how';
  if (key === 'clients' && answer.trim() !== '' && prefixesIn(answer).length === 0) return 'it names no prefix';
  const doubt = key === 'listen' ? doubtOf(answer.trim()) : null;
  if (doubt !== null) return doubt;
  const text = { listen: listenerText, clients: clientsText, list: listText }[key](answer);
  const loaded = parseConfig(`workers: auto\n${text}`, '', {});
  return loaded.ok ? null : (loaded.faults[0]?.message ?? null);
}

/** The list of another tool, as it is to be read. */
export interface ForeignList {
  readonly format: ImportFrom;
  readonly terms: ReaderTerms;
  /** Prefixes of the customers who chose it; null: it is for all. */
  readonly clients: string | null;
}

/** @returns what is wrong with prefixes of those who chose a list, null if nothing is. */
export function prefixFault(clients: string): string | null {
  return clients.trim() === '' ? 'all, or prefixes like 192.0.2.0/24, are needed' : answerFault('clients', clients);
}

/** @param foreign null: the list is one of ours. */
export function configText({ listen, clients, list }: Answers, foreign: ForeignList | null = null): string {
  return `# Made by \`cleanfeed init\`. Every key with its default: config/default.yaml. What is left out keeps its default.
# After a change: cleanfeed check -c FILE, then cleanfeed ctl reload -c FILE.

# Where clients connect, as to any HTTP proxy. 0.0.0.0 or "::" for all addresses of this machine.
${listenerText(listen)}
# Who may use it; anybody else is refused. Never the whole Internet.
${clientsText(clients)}
# What is blocked. More lists: one item each; \`action: count\` only counts, \`action: allow\` has priority over every other list.
${foreign === null ? listText(list) : foreignText(list, foreign)}
# Who the pages of refusals and errors speak for, and where customers ask.
# page: { operator: Example ISP, contact: "mailto:help@isp.example", appeal: "https://isp.example/appeal" }

# Health, metrics, status page: for operators only, so on an address that customers do not reach.
admin:
  address: 127.0.0.1
  port: 9090

# Threads that filter: as many as this machine has cores for.
workers: auto
`;
}

/** The address and port that a client is told. */
export function listenerOf(listen: string): { readonly address: string; readonly port: string } {
  const text = listen.trim();
  const [, bracketed, ofBrackets] = /^\[([^\]]*)\](?::(\d+))?$/.exec(text) ?? [];
  if (bracketed !== undefined) return { address: bracketed, port: ofBrackets ?? DEFAULT_PORT };
  if (/^\d+$/.test(text)) return { address: DEFAULT_ADDRESS, port: text };
  const [, address, port] = /^([^:]*):(\d+)$/.exec(text) ?? [];
  return address === undefined || port === undefined ? { address: text, port: DEFAULT_PORT } : { address, port };
}

/** @returns what to write in place of an IPv6 address whose last part may be a port, or whose zone would take the port in; null: it is clear. */
function doubtOf(listen: string): string | null {
  const [, address = '', port = ''] = /^([^[\]]*:[^[\]]*):(\d+)$/.exec(listen) ?? [];
  const withPort = `[${address}]:${port}`;
  if (!isIPv6(address) || Number(port) > 65_535) return null;
  return listen.includes('%') || !isIPv6(listen)
    ? `an IPv6 address with a port is in brackets: ${withPort}`
    : `an IPv6 address, or one with a port? write [${listen}] or ${withPort}`;
}

function listenerText(listen: string): string {
  const { address, port } = listenerOf(listen);
  return `listeners:
  - name: explicit
    mode: explicit
    address: ${quoted(address)}
    port: ${port}
`;
}

function clientsText(clients: string): string {
  const prefixes = prefixesIn(clients);
  if (prefixes.length === 0) return `# clients: { allow: [192.0.2.0/24] }             # the default: ${PRIVATE}\n`;
  return `clients:\n  allow: [${prefixes.map(quoted).join(', ')}]\n`;
}

function prefixesIn(clients: string): readonly string[] {
  return clients.split(/[\s,]+/).filter((prefix) => prefix !== '');
}

function listText(list: string): string {
  return `lists:
  - name: own
    source: ${quoted(list)}
    action: block
`;
}

function foreignText(url: string, { format, terms, clients }: ForeignList): string {
  const told = Object.entries(terms).map(([key, value]) => `\n      ${key}: ${quoted(String(value))}`);
  const list = `lists:
  - name: fetched
    source:
      url: ${quoted(url)}
      format: ${format}${told.join('')}
    interval: 1d
    action: block
`;
  if (clients === null) return list;
  return `${list}    optIn: true
# Customers who chose it.
policies:
  - name: chosen
    clients: [${prefixesIn(clients).map(quoted).join(', ')}]
    lists: [fetched]
`;
}

/** JSON's strings are YAML's; `${` would begin a variable. */
function quoted(text: string): string {
  const isPlain = /^[a-z0-9./][a-z0-9./_-]*$/i.test(text) && !/^[\d._]+$/.test(text);
  return isPlain ? text : JSON.stringify(text.replaceAll('${', () => '$${'));
}
