/**
 * Tells the processes that a test run has started from all others: each inherits a mark in its environment, which is still
 * to be read in /proc when its parent has died. Kills nothing that it has not found so. Linux only; elsewhere it finds none.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** `RUN` for what the runner starts, `RUN.FILE` for what a test file starts. */
export const MARK = 'CLEANFEED_TEST_MARK';

/** Processes whose mark is this one or begins with it and a dot, and their descendants; never this process. */
export function markedProcesses(mark) {
  const all = processes();
  const isMarked = ({ pid }) => {
    const found = markOf(pid);
    return found === mark || found.startsWith(`${mark}.`);
  };
  return withDescendants(all, all.filter(isMarked));
}

/** Of children of this process, those included that have ended and were not waited for. */
export function childIds() {
  return new Set(
    listedChildren() ??
      idsIn('/proc')
        .filter((name) => statOf(name).parent === process.pid)
        .map(Number),
  );
}

/** By the threads that have started them (proc_pid_task_tid_children(5)), for less than a look at each process; null where no kernel says so. */
function listedChildren() {
  const tasks = `/proc/${process.pid}/task`;
  if (!existsSync(`${tasks}/${process.pid}/children`)) return null;
  return idsIn(tasks).flatMap((thread) => read(`${tasks}/${thread}/children`).split(' ').filter(Boolean).map(Number));
}

/** Children of this process, but for those that are named, and their descendants. */
export function childProcesses(known = new Set()) {
  const all = processes();
  return withDescendants(
    all,
    all.filter(({ pid, parent }) => parent === process.pid && !known.has(pid)),
  );
}

/** @returns how many were there to kill */
export function killAll(found) {
  return found.filter(({ pid }) => {
    try {
      return process.kill(pid, 'SIGKILL');
    } catch {
      return false;
    }
  }).length;
}

/** What it was started as, for a message. */
export function commandOf({ pid }) {
  return `${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 200)}`;
}

function withDescendants(all, roots) {
  const found = new Map(roots.map((one) => [one.pid, one]));
  // Children come after their parents in most cases only: until nothing is added.
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const one of all) if (found.has(one.parent)) found.set(one.pid, one);
  }
  found.delete(process.pid);
  return [...found.values()];
}

/** All that live: what has ended and was not waited for holds nothing. */
function processes() {
  return idsIn('/proc')
    .map(statOf)
    .filter(({ state }) => state !== '' && state !== 'Z' && state !== 'X');
}

/** The name, in brackets, may hold anything: behind the last bracket come state and parent. */
function statOf(name) {
  const stat = read(`/proc/${name}/stat`);
  const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid: Number(name), state, parent: Number(parent) };
}

function idsIn(folder) {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function markOf(pid) {
  const start = `${MARK}=`;
  const line = read(`/proc/${pid}/environ`)
    .split('\0')
    .find((assignment) => assignment.startsWith(start));
  return line?.slice(start.length) ?? '';
}

/** Empty where it has ended, or is another user's. */
function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
