/**
 * Mutations that no test can see, because the program does the same with them: each with the reason. A run counts them
 * apart. An entry names its line by its text, so that it outlives a change elsewhere in the file.
 */
import type { Mutation } from './mutations.ts';

interface Equivalent {
  readonly file: string;
  readonly text: string;
  readonly was: string;
  readonly now: string;
  readonly why: string;
}

export const EQUIVALENT: readonly Equivalent[] = [
  {
    file: 'src/url/host.ts',
    text: 'return first < 0x30 || first > 0x39;',
    was: '0x39',
    now: '58',
    why: 'the character behind 9 is a colon, which stands in no label',
  },
  {
    file: 'src/url/ipv6.ts',
    text: 'let best = { start: 0, length: 0 };',
    was: '0',
    now: '1',
    why: 'where a run starts is asked for only where it has a length of two',
  },
  {
    file: 'src/url/path-pieces.ts',
    text: 'else if (isBackslash) this.hasEscapedBackslash = true;',
    was: 'isBackslash',
    now: 'true',
    why: 'it only saves readings that give keys which are there already',
  },
  {
    file: 'src/url/path-pieces.ts',
    text: 'if (first < 0) return length;',
    was: '<',
    now: '<=',
    why: 'a path begins with a slash, no escape',
  },
  {
    file: 'src/url/path.ts',
    text: 'for (let i = 0; i < raw.length; i += 1) {',
    was: '<',
    now: '<=',
    why: 'the character behind the last one is the empty string',
  },
  {
    file: 'src/list/protected/ids.ts',
    text: 'return (mixed ^ (mixed >>> 15)) & this.#mask;',
    was: '^',
    now: '&',
    why: 'which bit of the filter an id has decides how often a search is saved',
  },
  {
    file: 'src/list/protected/image-withdrawal.ts',
    text: 'if (row % STEP_ROWS === STEP_ROWS - 1) yield;',
    was: '1',
    now: '2',
    why: 'a step is as long wherever it begins',
  },
  {
    file: 'src/list/protected/image-withdrawal.ts',
    text: 'if (next !== meta) records[at + RECORD.meta] = next;',
    was: 'next !== meta',
    now: 'true',
    why: 'it only saves writing what is there to memory that others read',
  },
  {
    file: 'src/list/protected/image-layout.ts',
    text: 'if (!isImage(bytes) || bytes.byteOffset % 8 !== 0 || available < 0) throw damaged();',
    was: '<',
    now: '<=',
    why: 'a header with nothing behind it is refused by what comes next',
  },
  {
    file: 'src/match/probe.ts',
    text: 'count = 0;',
    was: '0',
    now: '1',
    why: 'nobody reads it before `load` has set it',
  },
  {
    file: 'src/forward/own-endpoints.ts',
    text: '#edition = 0;',
    was: '0',
    now: '1',
    why: 'an edition is compared with the one before, and nothing is kept of none',
  },
  {
    file: 'src/forward/response-head-buffer.ts',
    text: 'waiting = false;',
    was: 'false',
    now: 'true',
    why: 'nobody reads it before `repair` has set it',
  },
  {
    file: 'src/match/matcher.ts',
    text: 'if (cacheable) this.#cache.set(raw, facts ?? NOT_A_HOST, NO_OPTIONS);',
    was: ' ?? NOT_A_HOST',
    now: '',
    why: 'the cache keeps null as well; its type does not say so',
  },
  {
    file: 'src/match/probe.ts',
    text: 'readonly bytes = new Uint8Array(256);',
    was: '256',
    now: '257',
    why: 'room for more than the longest name',
  },
  {
    file: 'src/match/probe.ts',
    text: 'if (host.charCodeAt(0) === OPENING_BRACKET) return true;',
    was: 'true',
    now: 'false',
    why: 'an IPv6 address has no dot, so no parent is cut in it either',
  },
  {
    file: 'src/wire/chunked.ts',
    text: '#line = -1;',
    was: '1',
    now: '2',
    why: '`read` sets it before it is looked at',
  },
  {
    file: 'src/list/gate.ts',
    text: "first === undefined ? '' : `; the first is line ${first.line}, column ${first.column}: ${first.message}`;",
    was: "''",
    now: "'mutated'",
    why: 'a list that is refused for its lines has one',
  },
  {
    file: 'src/url/path-pieces.ts',
    text: 'layersUsed = 0;',
    was: '0',
    now: '1',
    why: '`load` sets it before it is looked at',
  },
  {
    file: 'src/accept/client-registry.ts',
    text: 'const count = this.#open.get(client.prefix) ?? 0;',
    was: ' ?? 0',
    now: '',
    why: 'nothing is more than one, as 0 is not',
  },
  {
    file: 'src/wire/client-hello.ts',
    text: 'hasEch = false;',
    was: 'false',
    now: 'true',
    why: '`begin` sets it',
  },
  {
    file: 'src/wire/client-hello.ts',
    text: 'if (body > end) return NEED_MORE;',
    was: '>',
    now: '>=',
    why: 'a record of which only the header has come is waited for either way',
  },
  {
    file: 'src/wire/client-hello.ts',
    text: 'if (next - body >= SHORT_COPY) have += buf.copy(message, have, body, next);',
    was: '>=',
    now: '>',
    why: 'it only says from which length on a call is faster',
  },
  {
    file: 'src/wire/client-hello.ts',
    text: 'if (at >= end) return false;',
    was: '>=',
    now: '>',
    why: 'what is read behind the end leads behind the end, which is refused in the next line',
  },
  {
    file: 'src/url/rewrites.ts',
    text: 'const UNRESERVED = Uint8Array.from({ length: 256 }, (_, byte) =>',
    was: '256',
    now: '257',
    why: 'no escape gives more than 255',
  },
  {
    file: 'src/url/rewrites.ts',
    text: 'let byte = bytes[at] ?? 0;',
    was: ' ?? 0',
    now: '',
    why: 'there is a byte at each place below the length',
  },
  {
    file: 'src/url/rewrites.ts',
    text: 'let byte = bytes[at] ?? 0;',
    was: '0',
    now: '1',
    why: 'there is a byte at each place below the length',
  },
  {
    file: 'src/url/other-texts.ts',
    text: 'const SPACE = 0x20;',
    was: '0x20',
    now: '33',
    why: 'a sign too many costs time only',
  },
  {
    file: 'src/url/other-texts.ts',
    text: 'cutEnd: 4,',
    was: '4',
    now: '5',
    why: 'a sign too many costs time only',
  },
  {
    file: 'src/url/other-texts.ts',
    text: 'escapedPercent: 128,',
    was: '128',
    now: '129',
    why: 'a sign too many costs time only',
  },
  {
    file: 'src/url/other-texts.ts',
    text: 'const innerSigns = decoded === raw ? 0 : signsOf(decoded);',
    was: 'decoded === raw',
    now: 'false',
    why: 'what has a sign is read as it is, and differs then',
  },
  {
    file: 'src/wire/response-repair.ts',
    text: 'for (let i = first; i < length; i++) bytes[i] = IN_VALUE[bytes[i] ?? 0] ?? SP;',
    was: '0',
    now: '1',
    why: 'there is a byte at each place below the length',
  },
  {
    file: 'src/wire/response-repair.ts',
    text: 'while (end > start && isBlank(text, end - 1)) end--;',
    was: '>',
    now: '>=',
    why: 'a piece that ends before it starts is empty, too',
  },
  {
    file: 'src/policy/judge.ts',
    text: 'if (facts.hints.length === 0) return verdictOf(hits);',
    was: 'facts.hints.length === 0',
    now: 'false',
    why: 'it only saves reading a path of which nothing is asked',
  },
  {
    file: 'src/dns-front/dns-session.ts',
    text: 'const NO_ANSWER: OwnAnswer = { rcode: RCODE.servFail, addresses: [], ttl: 0, reason: REASON.networkError };',
    was: '0',
    now: '1',
    why: 'an error has no record that it could be the TTL of',
  },
  {
    file: 'src/outlets/zones/zone-text.ts',
    text: 'const MAX_RECORD_BYTES = 512;',
    was: '512',
    now: '513',
    why: 'room for more than the longest record',
  },
  {
    file: 'src/outlets/zones/sorted-names.ts',
    text: 'const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + size));',
    was: '*',
    now: '/',
    why: 'it only saves copies',
  },
  {
    file: 'src/outlets/zones/sorted-names.ts',
    text: 'const pivot = middle(byteOf(first), byteOf((first + end) >> 1), byteOf(end - 1));',
    was: '1',
    now: '2',
    why: 'any byte between two of the range sorts it; which one decides how soon',
  },
  {
    file: 'src/url/rewrites.ts',
    text: 'bytes[top++] = bytes[at++] ?? 0;',
    was: '0',
    now: '1',
    why: 'there is a byte at each place below the length',
  },
  {
    file: 'src/url/rewrites.ts',
    text: 'if (hexValue(bytes[at] ?? 0) < 0) return 0;',
    was: '0',
    now: '1',
    why: 'neither is a digit',
  },
  {
    file: 'src/forward/head-turns.ts',
    text: 'return this.#spent.size > 0 && (this.#spent.get(prefix) ?? 0) >= TURN_MS;',
    was: '>',
    now: '>=',
    why: 'it only saves looking for a client among none',
  },
];

/** @returns why a mutation changes nothing, or null if nobody has shown that. */
export function whyEquivalent(file: string, mutation: Mutation): string | null {
  const found = EQUIVALENT.find(
    ({ text, was, now, ...its }) =>
      its.file === file && text === mutation.text && was === mutation.was && now === mutation.now,
  );
  return found?.why ?? null;
}
