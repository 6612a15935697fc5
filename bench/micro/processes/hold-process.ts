/**
 * A process that holds a list in one way and tells what that took: `hold-process.ts HOW FILE LISTED_URL`. The time starts with
 * its modules loaded and ends with the right answer for a listed URL and for its sibling.
 */
import { readFile } from 'node:fs/promises';
import { FileSource } from '../../../src/list/source/file.ts';
import { yieldToEventLoop } from '../../../src/lib/pauses.ts';
import { openCompiledList } from '../../../src/list/format/compiled-file.ts';
import { Matcher } from '../../../src/match/matcher.ts';
import { imageOf } from '../../../src/match/segment-records.ts';
import { openSnapshot } from '../../../src/match/snapshot.ts';
import { Judge } from '../../../src/policy/judge.ts';
import { SafeBrowsing } from '../compared/safe-browsing.ts';
import { StringSet } from '../compared/string-set.ts';
import type { ListedUrls } from '../compared/listed.ts';

type Blocks = (host: string, target: string) => boolean;

const [how, file, listed] = process.argv.slice(2);
const HOLDERS: Readonly<Record<string, (path: string) => Promise<Blocks>>> = {
  compiled,
  set: async (path) => await fromText(path, new StringSet()),
  sha256: async (path) => await fromText(path, new SafeBrowsing()),
};

const collect = globalThis.gc!;
collect();
const before = process.memoryUsage().rss;
const started = performance.now();
const blocks = await HOLDERS[how!]!(file!);
const { host, pathname } = new URL(listed!);
if (!blocks(host, pathname) || blocks(host, `${pathname}-sibling`)) throw new Error(`${how}: wrong answer`);
const milliseconds = performance.now() - started;
collect();
console.log(JSON.stringify({ milliseconds, grownBytes: process.memoryUsage().rss - before }));
// Still in use: what is measured must not be collected.
if (!blocks(host, pathname)) throw new Error('forgotten');

/** As the running instance loads it: read into shared memory, checked and opened there. */
async function compiled(path: string): Promise<Blocks> {
  const read = await new FileSource(path).read();
  if (read.kind !== 'list') throw new Error('nothing read');
  const { segment } = await openCompiledList(read.bytes, yieldToEventLoop);
  const matcher = new Matcher({ cacheEntries: 50_000 });
  matcher.use(openSnapshot([imageOf(segment, 0)]));
  const judge = new Judge(matcher, [{ action: 'block' }]);
  return (rawHost, target) =>
    judge.url(matcher.lookup(rawHost)!, target, { port: 80, listMask: 1, today: 20_000 }).action === 'block';
}

/** Both take lines that are canonical already: less work than a text list of ours. */
async function fromText(path: string, holder: ListedUrls): Promise<Blocks> {
  const bytes = await readFile(path);
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0x0a, at);
    const line = bytes.toString('latin1', at + 'http://'.length, end);
    const slash = line.indexOf('/');
    holder.add(line.slice(0, slash), line.slice(slash));
    at = end + 1;
  }
  holder.finish();
  return (rawHost, target) => holder.blocks(rawHost, target);
}
