/**
 * Elements of the page. Text only goes in as text; what has not changed is not written, so that nothing that is being read or worked is replaced.
 * It must not know what the elements say.
 */

export function byId(id) {
  return document.getElementById(id);
}

export function node(name, attributes, children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Elements with these texts; only where they are others than before: a live region speaks with every write. */
export function showItems(parent, items, otherwise) {
  const shown = items.length === 0 && otherwise !== undefined ? [otherwise] : items;
  replaceWhereChanged(parent, shown, (item) => node('li', {}, [item]));
}

/** `items` are plain values, `make` an element of each. */
export function replaceWhereChanged(parent, items, make) {
  const told = JSON.stringify(items);
  if (told === parent.dataset.told) return;
  parent.dataset.told = told;
  parent.replaceChildren(...items.map(make));
}

/**
 * Rows by their names, in this order; a cell is a text, or { text, look }. `heads` are { head, kind }: `number` stands to the right, `wide`
 * takes a line of its own where rows are cards. Roles are written out: cards would lose them. `first` makes the first cell's content of a name.
 */
export function fillTable(table, heads, rows, first = (name) => name) {
  const headRow = table.querySelector('thead tr');
  if (headRow.childElementCount !== heads.length)
    headRow.replaceChildren(
      ...heads.map(({ head, kind = '' }) => node('th', { scope: 'col', role: 'columnheader', class: kind }, [head])),
    );
  const body = table.querySelector('tbody');
  const present = new Map([...body.children].map((row) => [row.dataset.key, row]));
  const wanted = rows.map(({ name, cells, more }) => {
    const row = present.get(name) ?? newRow(name, heads, first);
    fillCells(row, heads, cells);
    return more === undefined ? [row] : [row, more];
  });
  inOrder(body, wanted.flat());
}

function newRow(name, heads, first) {
  return node('tr', { role: 'row', 'data-key': name }, [
    node('th', { scope: 'row', role: 'rowheader' }, [first(name)]),
    ...heads.slice(1).map(({ head }) => node('td', { role: 'cell', 'data-label': head }, [])),
  ]);
}

function fillCells(row, heads, cells) {
  for (const [index, cell] of cells.entries()) {
    const { text, look = '' } = typeof cell === 'string' ? { text: cell } : cell;
    const place = row.children[index + 1];
    const classes = `${heads[index + 1].kind ?? ''} ${look}`.trim();
    if (place.textContent !== text) place.textContent = text;
    if (place.className !== classes) place.className = classes;
  }
}

/** What stands where it should is not moved: it would lose the focus. */
export function inOrder(parent, wanted) {
  for (const child of Array.from(parent.children)) if (!wanted.includes(child)) child.remove();
  for (const [index, child] of wanted.entries())
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
}

/** Terms and what is said of them, as pairs of texts. */
export function facts(pairs) {
  return node(
    'dl',
    { class: 'facts' },
    pairs.flatMap(([term, said]) => [node('dt', {}, [term]), node('dd', {}, [said])]),
  );
}
