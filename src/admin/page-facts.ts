/**
 * The facts of a status as HTML, for the places that the page has for them ({{state}}, {{rows}} …): whoever reads the page without scripts
 * has them, and nobody waits for them. Words and order are those of the page's script (page/facts.js). It must not put in a text unescaped.
 */
import { escapeHtml } from '../lib/escape-html.ts';
import { aboutOf, attentionItems, faultsFirst, LIST_HEADS, listCells, listRows, stateOf } from './page/facts.js';

/** `status` is what /status answers; null: it cannot be told. */
export function pageFacts(status: (object & { readonly now: string }) | null): Readonly<Record<string, string>> {
  if (status === null) return { state: 'unknown', word: 'Asking the instance …' };
  const { state, word, reasons } = stateOf(status);
  return {
    state,
    word: escapeHtml(word),
    now: escapeHtml(status.now),
    about: escapeHtml(aboutOf(status)),
    reasons: reasons.map((reason) => element('li', reason)).join(''),
    attention: attentionItems(status)
      .map((item) => {
        const before = item.word === '' ? '' : `${element('strong', item.word)} `;
        return `<li data-level="${escapeHtml(item.level)}">${before}${escapeHtml(item.text)}${moreOf(item.more)}</li>`;
      })
      .join(''),
    heads: LIST_HEADS.map(({ head, kind = '' }) =>
      element('th', head, `scope="col" role="columnheader" class="${kind}"`),
    ).join(''),
    rows: rowsOf(status),
  };
}

/** As fillTable of page/dom.js makes them, without the button that opens a row. */
function rowsOf(status: object & { readonly now: string }): string {
  return listRows(status)
    .toSorted(faultsFirst)
    .map((row) => {
      const cells = listCells(row, status.now).map((cell, index) => {
        const { text, look } = typeof cell === 'string' ? { text: cell, look: '' } : cell;
        const { head = '', kind = '' } = LIST_HEADS[index + 1] ?? {};
        return element('td', text, `role="cell" data-label="${escapeHtml(head)}" class="${`${kind} ${look}`.trim()}"`);
      });
      return `<tr role="row">${element('th', row.list.name, 'scope="row" role="rowheader"')}${cells.join('')}</tr>`;
    })
    .join('');
}

/** The same as the page's script makes (attentionMore), with the time of the instance, not of the reader. */
function moreOf(more: ReturnType<typeof attentionItems>[number]['more']): string {
  if (more === null) return '';
  const { since, runbook, command } = more;
  const link = element('a', 'runbook', `href="${escapeHtml(runbook)}"`);
  return `<p>since ${escapeHtml(since)}, ${link}, ${element('code', command)}</p>`;
}

function element(name: string, text: string, attributes = ''): string {
  return `<${name}${attributes === '' ? '' : ` ${attributes}`}>${escapeHtml(text)}</${name}>`;
}
