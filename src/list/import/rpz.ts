/**
 * Response policy zones (RPZ): owner names are what is asked for, records what becomes of it.
 *
 *   ads.example     CNAME .               refused, that name alone
 *   *.ads.example   CNAME .               everything below it, not the name: carried over where the name is refused too
 *   ok.ads.example  CNAME rpz-passthru.   an exception
 *
 * It must not take a trigger on addresses or name servers, nor a name with a real address, for one that is refused.
 */
import type { ByteString } from '../../url/bytes.ts';
import { MAX_HOST_TEXT } from '../../url/host.ts';
import { belowOnly, entry, exception, hostDraft, inexact, items, left } from './outcome.ts';
import type { Item, LineOutcome, Reader } from './outcome.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import { sinkKind } from './sinks.ts';
import { isName } from './words.ts';
import type { Word } from './words.ts';
import { zoneLine } from './zone-line.ts';

const RECORD_CLASS = /^(?:in|ch|hs)$/i;
const TTL = /^\d+(?:[smhdw]\d*)*$/i;
const TRIGGER = /(?:^|\.)rpz-(?:ip|client-ip|nsip|nsdname)$/i;
/** Ways not to answer with what the name has in the world. */
const REFUSES = new Set(['.', '*.', 'rpz-drop.']);
/** No record of this kind is written in more lines; an SOA has seven fields. */
const MOST_LINES = 32;

interface State {
  /** Absolute, without the dot at its end; null until the file says it. */
  zone: string | null;
  /** What relative names are relative to, within the zone; empty: the zone itself. */
  origin: string;
  owner: Word | null;
  /** What the record of the line is about. */
  name: string | null;
  /** Words of a record that goes on. */
  readonly held: Word[];
  heldLines: number;
  depth: number;
  readonly sinks: ReadonlySet<string>;
}

export function rpzReader({ sinks }: Pick<ReaderOptions, 'sinks'>): Reader {
  const state: State = { zone: null, origin: '', owner: null, name: null, held: [], heldLines: 0, depth: 0, sinks };
  return { read: (text) => readRecordLine(text, state), isOpen: () => state.heldLines > 0 };
}

function readRecordLine(text: ByteString, state: State): LineOutcome {
  const { words, comment, depth } = zoneLine(text, state.depth);
  if (words.length === 0 && depth === state.depth && depth === 0) return comment === null ? 'blank' : 'comment';
  // A record that begins with a blank has the owner of the one before.
  if (state.heldLines === 0 && (text.startsWith(' ') || text.startsWith('\t'))) words.unshift({ at: 0, text: '' });
  // Nearly all.
  if (state.heldLines === 0 && depth === 0) return outcomeOf(words, comment, state);
  for (const word of words) state.held.push(word);
  state.depth = depth;
  state.heldLines += 1;
  if (depth > 0 && state.heldLines < MOST_LINES) return 'continued';
  const record = state.held.splice(0);
  const isTooLong = depth > 0;
  Object.assign(state, { depth: 0, heldLines: 0 });
  if (isTooLong) return items([left(0, 'too_long')]);
  // Columns of another line say nothing about this one.
  return outcomeOf(
    record.map(({ text: word }) => ({ at: 0, text: word })),
    comment,
    state,
  );
}

/** Of a record that is complete. */
function outcomeOf(record: readonly Word[], comment: ByteString | null, state: State): LineOutcome {
  state.name = null;
  const item = recordItem(record, state);
  if (item === null) return 'frame';
  return state.name === null ? items([item]) : { items: [item], comment: comment ?? '', owner: state.name };
}

/** @returns null where it lists nothing. */
function recordItem(record: readonly Word[], state: State): Item | null {
  const first = record[0];
  if (first === undefined) return null;
  if (first.text.startsWith('$')) return directiveItem(first, record[1]?.text ?? '', state);
  const owner = first.text === '' ? state.owner : first;
  let field = 1;
  while (isTtlOrClass(record[field]?.text ?? '')) field += 1;
  const [type, data] = [record[field], record[field + 1]];
  if (owner === null || type === undefined || data === undefined) return left(first.at, 'bad_line');
  state.owner = owner;
  const kind = type.text.toUpperCase();
  if (kind === 'SOA' && state.zone === null && owner.text.endsWith('.')) state.zone = plain(owner.text);
  if (kind === 'SOA' || kind === 'NS') return null;
  // A record without an owner of its own is placed where it begins.
  const at = first.text === '' ? type.at : first.at;
  const name = nameIn(state, owner.text);
  state.name = name;
  return name === null ? left(at, 'bad_line') : triggerItem({ at, text: name }, { kind, data: data.text }, state);
}

function isTtlOrClass(text: string): boolean {
  return TTL.test(text) || (text.length === 2 && RECORD_CLASS.test(text));
}

function directiveItem({ at, text }: Word, value: string, state: State): Item | null {
  switch (text.toUpperCase()) {
    case '$TTL':
      return null;
    case '$ORIGIN': {
      const name = plain(value);
      // Of one that grows from line to line as much is kept as shows that no name lies in it.
      if (!value.endsWith('.')) state.origin = joined(name, state.origin).slice(-MAX_HOST_TEXT - 1);
      else if (state.zone === null) state.zone = name;
      else state.origin = within(name, state.zone) ?? state.origin;
      return null;
    }
    case '$INCLUDE':
      return left(at, 'other_file');
    default:
      return left(at, 'setting');
  }
}

/** The name that is asked for; empty: the zone itself. @returns null if the file does not tell, or it is longer than any name. */
function nameIn(state: State, owner: string): string | null {
  const name = wholeName(state, owner);
  return name === null || name.length > MAX_HOST_TEXT ? null : name;
}

function wholeName({ zone, origin }: State, owner: string): string | null {
  if (owner === '@') return origin;
  if (!owner.endsWith('.')) return joined(owner, origin);
  return zone === null ? null : within(plain(owner), zone);
}

function triggerItem(
  { at, text: name }: Word,
  { kind, data }: { readonly kind: string; readonly data: string },
  { sinks }: State,
): Item {
  if (TRIGGER.test(name)) return left(at, 'trigger');
  const isBelow = name.startsWith('*.');
  const host = isBelow ? name.slice(2) : name;
  if (!isName(host)) return left(at, 'not_a_name');
  if (!['A', 'AAAA', 'CNAME', 'DNAME'].includes(kind)) return left(at, 'conditions');
  const draft = hostDraft(host, isBelow);
  if (kind === 'CNAME' && REFUSES.has(data.toLowerCase())) return refused(at, host, isBelow);
  if (kind === 'CNAME' && data.toLowerCase() === 'rpz-passthru.')
    return isBelow ? inexact(at, draft) : exception(at, draft);
  if (kind === 'CNAME' && data.toLowerCase() === 'rpz-tcp-only.') return inexact(at, draft, 'conditions');
  const sink = sinkKind(data, sinks);
  return sink === 'none' || (kind === 'CNAME') !== (sink === 'name')
    ? inexact(at, draft, 'other_answer')
    : refused(at, host, isBelow);
}

function refused(at: number, host: string, isBelow: boolean): Item {
  return isBelow ? belowOnly(at, host) : entry(at, hostDraft(host, false));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function joined(name: string, origin: string): string {
  return origin === '' ? name : `${name}.${origin}`;
}

/** An absolute name without the zone's at its end; null: it lies elsewhere. */
function within(name: string, zone: string): string | null {
  if (name === zone) return '';
  return name.length > zone.length && name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : null;
}
