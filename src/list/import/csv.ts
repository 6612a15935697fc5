/**
 * A table (RFC 4180): one column has the addresses. A cell is a name, an IP address or a URL, which means exactly that one: what a
 * table means by `*` or a dot is not in it.
 *
 *   "7/2026",http://ads.example/page,2026-11-26      --column 2, or by the name in the first row
 *
 * A quoted cell may go over lines. It must not take a cell for a pattern.
 */
import type { ByteString } from '../../url/bytes.ts';
import { nameItem } from './domains.ts';
import { entry, hostDraft, items, left } from './outcome.ts';
import type { Item, LineOutcome, Reader } from './outcome.ts';
import { exactPath } from './path-drafts.ts';
import type { ReaderOptions } from '../../lib/list-formats.ts';
import { isIpv4, isNameInAnyScript } from './words.ts';
import type { Word } from './words.ts';

/** Of one row; then it is a quote that nobody closed. */
const MOST_LINES = 64;

type CsvOptions = Pick<ReaderOptions, 'column' | 'separator' | 'subdomains'>;

interface State extends CsvOptions {
  /** From 0; -1: its name has not been found. */
  index: number;
  isHeaderNext: boolean;
  /** Lines of a row whose quote is open. */
  readonly held: ByteString[];
}

export function csvReader(options: CsvOptions): Reader {
  const isNumber = /^[1-9]\d{0,3}$/.test(options.column);
  const index = isNumber ? Number(options.column) - 1 : -1;
  const state: State = { ...options, index, isHeaderNext: !isNumber, held: [] };
  return { read: (text) => readRow(text, state), isOpen: () => state.held.length > 0 };
}

function readRow(text: ByteString, state: State): LineOutcome {
  if (text === '' && state.held.length === 0) return 'blank';
  const isFirstLine = state.held.length === 0;
  state.held.push(text);
  const row = state.held.join('\n');
  const cells = cellsOf(row, state.separator);
  if (cells === null && state.held.length < MOST_LINES) return 'continued';
  state.held.length = 0;
  if (cells === null) return items([left(0, 'too_long')]);
  if (state.isHeaderNext) {
    state.isHeaderNext = false;
    state.index = cells.findIndex((cell) => cell.text.trim().toLowerCase() === state.column.toLowerCase());
    return state.index === -1 ? items([left(0, 'no_cell')]) : 'frame';
  }
  const cell = cells[state.index];
  // Columns of another line say nothing about this one.
  const at = isFirstLine ? (cell?.at ?? 0) : 0;
  const value = cell?.text.trim() ?? '';
  return items([value === '' ? left(at, 'no_cell') : addressItem({ at, text: value }, state.subdomains)]);
}

/** @returns null if a quote is open at the end. */
function cellsOf(row: ByteString, separator: string): Word[] | null {
  const cells: Word[] = [];
  for (let at = 0; ;) {
    if (row[at] === '"') {
      const { text, end } = quoted(row, at);
      if (end === -1) return null;
      cells.push({ at: at + 1, text });
      const next = row.indexOf(separator, end);
      if (next === -1) return cells;
      at = next + 1;
    } else {
      const next = row.indexOf(separator, at);
      cells.push({ at, text: next === -1 ? row.slice(at) : row.slice(at, next) });
      if (next === -1) return cells;
      at = next + 1;
    }
  }
}

/** Two quotes are one. `end`: behind the closing one; -1: there is none. */
function quoted(row: ByteString, start: number): { readonly text: ByteString; readonly end: number } {
  let text = '';
  for (let at = start + 1; ;) {
    const quote = row.indexOf('"', at);
    if (quote === -1) return { text, end: -1 };
    text += row.slice(at, quote);
    if (row[quote + 1] !== '"') return { text, end: quote + 1 };
    text += '"';
    at = quote + 2;
  }
}

const URL_CELL = /^(?:https?:\/\/)?([^/?#:@]+)(:\d+)?([/?].*)?$/i;

function addressItem({ at, text }: Word, subdomains: boolean): Item {
  const isUrl = /^https?:\/\//i.test(text);
  if (!isUrl && !/[/?]/.test(text)) return nameItem({ at, text }, subdomains);
  const [, host = '', port, path = '/'] = URL_CELL.exec(text) ?? [];
  if (!isNameInAnyScript(host) && !isIpv4(host)) return left(at, 'not_an_address');
  // As in our own lists: without a port it is any.
  const ports = port === undefined ? 'any' : Number(port.slice(1));
  return entry(at, exactPath(hostDraft(host, false, ports), path.startsWith('?') ? `/${path}` : path, false));
}
