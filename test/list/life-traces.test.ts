/**
 * Traces of lists' lives, recorded before the parts were cut anew: whatever moves inside, what sources are told, what is logged, published
 * and shown stays as it is recorded (`__snapshots__`).
 */
import { afterEach, expect, test } from '@jest/globals';
import { ListError } from '../../src/list/list-error.ts';
import { acting, compiled, TracedLists, lists, text } from './traced-lists.ts';

let life: TracedLists;

afterEach(() => {
  life.dispose();
});

/** A life of lists that are in force. */
async function started(names: readonly string[], keeps = false): Promise<void> {
  life = new TracedLists(lists(...names), keeps);
  for (const name of names) life.source(name).answers(text(name, `${name}2`));
  await life.start();
}

const noWorker = (): ListError => new ListError('internal', 'no worker takes it');

test('an update, and one that is the same', async () => {
  await started(['a', 'b']);
  life.source('b').answers(text('b', 'c', 'd'));
  await life.changed('b');
  await life.published(2);
  life.source('a').answers({ kind: 'same' });
  await life.changed('a');
  await life.rest();
  await life.pass(7);
  await life.current('a');
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('nothing is in force before every list is good', async () => {
  life = new TracedLists(lists('a', 'b', 'c'));
  life.source('a').answers(text('a'));
  life.source('b').answers(text('b*'));
  life.source('c').answers({ kind: 'fault', code: 'unreadable' });
  await life.start();
  life.source('b').answers(text('b'));
  await life.changed('b');
  await life.attempted('b', 2);
  life.source('c').answers(text('c'));
  await life.pass(1000);
  await life.published(1);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('no lists: an empty snapshot; then one list, then none again', async () => {
  life = new TracedLists([]);
  await life.start();
  life.source('a').answers(text('a'));
  await life.change(lists('a'));
  await life.change([]);
  await life.reload();
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('a copy serves while the source is away; it is asked again until it answers', async () => {
  life = new TracedLists(lists('a'), true);
  life.source('a').answers({ kind: 'copy', text: 'a.example\n' });
  await life.start();
  await life.current('a');
  await life.rest();
  life.source('a').answers({ kind: 'fault', code: 'connect' });
  await life.pass(1000);
  await life.rest();
  life.source('a').answers({ kind: 'unchanged' });
  await life.pass(2000);
  await life.current('a');
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('a copy that cannot be kept is kept when the source is found unchanged', async () => {
  life = new TracedLists(lists('a'), true);
  life.source('a').warning = 'no space left';
  life.source('a').answers(text('a'), { kind: 'unchanged' }, { kind: 'unchanged' }, { kind: 'unchanged' });
  await life.start();
  await life.reload();
  life.source('a').warning = null;
  await life.reload();
  await life.reload();
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('a refused update: unchanged is no recovery, the same as in force is one', async () => {
  await started(['a', 'b']);
  life.source('a').answers(text('a', 'a*', 'b*'), { kind: 'unchanged' }, { kind: 'same' });
  life.source('b').answers(text('b', 'c'), { kind: 'unchanged' }, { kind: 'unchanged' });
  await life.reload();
  await life.reload();
  await life.reload();
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('bad lines within what is tolerated, public suffixes with a warning', async () => {
  const [a, b] = lists('a', 'b');
  life = new TracedLists([
    { ...a!, maxBadLineRatio: 0.5 },
    { ...b!, suffixes: 'warn' },
  ]);
  life.source('a').answers(text('a', 'b', 'c*'));
  life.source('b').answers({ kind: 'text', text: 'github.io\nb.example\n' });
  await life.start();
  life.source('a').answers({ kind: 'text', text: 'github.io\n' });
  await life.changed('a');
  await life.attempted('a', 2);
  life.source('a').answers({ kind: 'text', text: 'a.example\nb.exam' });
  await life.changed('a');
  await life.attempted('a', 3);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('a source that fails is asked at growing intervals', async () => {
  await started(['a']);
  for (const [i, ms] of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000].entries()) {
    life.source('a').answers({ kind: 'fault', code: i % 2 === 0 ? 'timeout' : 'internal' });
    if (i === 0) await life.changed('a');
    else await life.pass(ms / 2);
    await life.rest();
  }
  life.source('a').answers({ kind: 'same' });
  await life.changed('a');
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('what does not get into force is asked for again', async () => {
  await started(['a', 'b']);
  life.publications.push(noWorker(), noWorker());
  life.source('a').answers(text('a3'));
  await life.changed('a');
  await life.attempted('a', 2);
  life.source('a').answers(text('a3'));
  await life.pass(1000);
  await life.attempted('a', 3);
  life.source('a').answers(text('a3'));
  await life.pass(2000);
  await life.published(2);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('a first snapshot that does not get into force', async () => {
  life = new TracedLists(lists('a'));
  life.publications.push(noWorker());
  life.source('a').answers(text('a'));
  await life.start();
  life.source('a').answers(text('a'));
  await life.pass(1000);
  await life.published(1);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('changes while a list is read, judged and brought into force', async () => {
  await started(['a', 'b']);
  await life.changed('a');
  await life.changed('a');
  await life.changed('a');
  const held = Promise.withResolvers<void>();
  life.publications.push(held.promise);
  life.source('a').answers(text('a3'));
  await life.handedOn(2);
  life.source('a').answers(text('a4'));
  await life.changed('a');
  await life.changed('b');
  await life.pass(250);
  held.resolve();
  await life.published(2);
  life.source('b').answers(text('b', 'b3'));
  await life.published(3);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('a list that answers late holds up the others for a quarter of a second only', async () => {
  await started(['a', 'b', 'c']);
  await life.changed('b');
  life.source('a').answers(text('a3'));
  await life.changed('a');
  await life.pass(249);
  life.source('c').answers(text('c3'));
  await life.changed('c');
  await life.pass(1);
  await life.published(2);
  life.source('b').answers(text('b3'));
  await life.published(3);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('compiled lists: beside text, in its place, damaged, and text again', async () => {
  life = new TracedLists(lists('a', 'b'));
  life.source('a').answers(text('a'));
  life.source('b').answers(compiled('b', 'b2'));
  await life.start();
  life.source('a').answers(compiled('a', 'a2', 'a3'));
  await life.changed('a');
  await life.published(2);
  life.source('b').answers({
    kind: 'compiled',
    text: 'x.example\n',
    spoil: (file) => file.with(200, file[200]! ^ 1),
  });
  await life.changed('b');
  await life.attempted('b', 2);
  life.source('b').answers({ kind: 'compiled', text: 'x.example\n', spoil: (file) => file.with(8, 9) });
  await life.changed('b');
  await life.attempted('b', 3);
  life.source('b').answers(text('b'));
  await life.changed('b');
  await life.published(3);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('a key too many is refused', async () => {
  life = new TracedLists(lists('a', 'b', 'c', 'd', 'e'));
  for (const name of ['a', 'b', 'c', 'd', 'e']) life.source(name).answers(compiled(name));
  await life.start();
  life.source('e').answers(text('e'));
  life.source('b').answers(text('b'));
  await life.changed('b');
  await life.attempted('b', 2);
  await life.changed('e');
  await life.published(1);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('an allow list takes only what was compiled as one', async () => {
  life = new TracedLists(acting('allow', 'a'));
  life.source('a').answers(compiled('a'));
  await life.start();
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('other lists: what stays is not read again, what is gone is closed, what is new is watched', async () => {
  await started(['a', 'b', 'c']);
  life.source('d').answers(compiled('d', 'd2'));
  await life.change(lists('d', 'c', 'a'));
  life.source('c').answers(text('c3'));
  await life.changed('c');
  await life.published(3);
  life.source('b').answers(text('b'));
  await life.changed('b');
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('other lists that are refused leave all as it was', async () => {
  await started(['a', 'b']);
  life.source('c').answers(text('c*'));
  life.source('d').answers(text('d'));
  await life.change(lists('a', 'c', 'd'));
  life.source('c').answers({ kind: 'fault', code: 'timeout' });
  life.source('d').answers({ kind: 'fault', code: 'unreadable' });
  await life.change(lists('a', 'c', 'd'));
  life.source('c').answers(text('c'));
  life.publications.push(noWorker());
  await life.change(lists('c'));
  life.source('a').answers(text('a'));
  await life.changed('a');
  await life.published(2);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('a configuration that changes the rules of a list, under which it is judged again', async () => {
  await started(['a', 'b']);
  const allowed = life.change(acting('allow', 'b', 'a'));
  await life.rest();
  // By another grammar they are read again: of a text the records are left.
  for (const name of ['a', 'b']) life.source(name).answers(text(name, `${name}2`));
  await allowed;
  await life.change(acting('count', 'b', 'a'));
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('other lists while one is read, and while a run is under way', async () => {
  await started(['a', 'b']);
  await life.changed('b');
  const held = Promise.withResolvers<void>();
  life.publications.push(held.promise);
  life.source('a').answers(text('a3'));
  await life.changed('a');
  await life.pass(250);
  await life.handedOn(2);
  const changed = life.change(lists('a'));
  await life.rest();
  held.resolve();
  await changed;
  life.source('b').answers(compiled('b3'));
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('a change that waits holds up what its lists say meanwhile', async () => {
  await started(['a']);
  const changed = life.change(lists('a', 'b'));
  life.source('a').answers(text('a3'));
  await life.changed('a');
  await life.pass(250);
  life.source('b').answers(text('b'));
  await changed;
  await life.published(3);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('closed while a list is read', async () => {
  await started(['a']);
  await life.changed('a');
  life.close();
  life.source('a').answers(compiled('a3'));
  await life.rest();
  await life.reload();
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('closed while a list waits to be tried again', async () => {
  await started(['a']);
  life.source('a').answers({ kind: 'fault', code: 'timeout' });
  await life.changed('a');
  life.close();
  await life.pass(1000);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});

test('closed while a snapshot is brought into force', async () => {
  await started(['a']);
  const held = Promise.withResolvers<void>();
  life.publications.push(held.promise);
  life.source('a').answers(text('a3'));
  await life.changed('a');
  await life.handedOn(2);
  life.close();
  held.resolve();
  await life.published(2);
  await life.rest();
  expect(life.trace).toMatchSnapshot();
});
