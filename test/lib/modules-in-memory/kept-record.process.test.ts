/** What the recorder has read is kept for the next start: it is taken while every file is as it was, and is never needed. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { FilesRead, fileState } from '../../../src/lib/modules-in-memory/files-read.ts';
import { keepRecord, keptRecord, type Recording } from '../../../src/lib/modules-in-memory/kept-record.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

const PART = 'file:///part.ts';
const LIB = join(import.meta.dirname, '../../../src/lib');

function recordingOf(directory: TemporaryDirectory): Recording {
  writeFileSync(directory.file('part.ts'), 'export const part = 1;');
  const files = new FilesRead();
  files.note(pathToFileURL(directory.file('part.ts')).href);
  const imports = new Map([['./other.ts', 'file:///other.ts']]);
  return {
    files: files.states,
    modules: new Map([[PART, { format: 'module', source: 'ein ─▶', imports }]]),
  };
}

/** The system dates changes by a tick of its own, of milliseconds: two of them within one have the same time. */
async function anotherTickThanOf(file: string): Promise<void> {
  using directory = temporaryDirectory();
  const clock = directory.file('clock');
  const dated = (path: string): bigint => statSync(path, { bigint: true }).ctimeNs;
  await eventually('the next tick', () => {
    writeFileSync(clock, '');
    return dated(clock) !== dated(file);
  });
}

test('what is kept comes back as it was', async () => {
  using directory = temporaryDirectory();
  const recording = recordingOf(directory);
  await keepRecord(directory.file('kept'), recording);
  expect(keptRecord(directory.file('kept'), [PART])).toEqual(recording.modules);
  expect(readdirSync(directory.path).toSorted()).toEqual(['kept', 'part.ts']);
});

test.each<{ readonly what: string; readonly change: (file: string) => void }>([
  {
    what: 'written over with as many bytes and the old time',
    change: (file) => {
      const { atime, mtime } = statSync(file);
      writeFileSync(file, 'export const part = 2;');
      utimesSync(file, atime, mtime);
    },
  },
  {
    what: 'replaced by the same',
    change: (file) => {
      writeFileSync(`${file}.new`, readFileSync(file));
      renameSync(`${file}.new`, file);
    },
  },
  { what: 'gone', change: (file) => rmSync(file) },
  {
    what: 'beside a package.json that was not there',
    change: (file) => writeFileSync(join(file, '../package.json'), '{}'),
  },
])('it is not taken where a file is $what', async ({ change }) => {
  using directory = temporaryDirectory();
  await keepRecord(directory.file('kept'), recordingOf(directory));
  await anotherTickThanOf(directory.file('part.ts'));
  change(directory.file('part.ts'));
  expect(keptRecord(directory.file('kept'), [PART])).toBeNull();
});

test('a package.json of another version is another one, also where the file system tells no more than the same', () => {
  using directory = temporaryDirectory();
  const file = directory.file('package.json');
  // As an image of the next release does, whose files have the times of their packages.
  const look = (): { ino: bigint; size: bigint; ctimeNs: bigint } => ({ ino: 7n, size: 21n, ctimeNs: 0n });
  const states = ['1.2.3', '1.2.4', '1.2.3'].map((version) => {
    writeFileSync(file, `{ "version": "${version}" }`);
    return fileState(file, look);
  });
  expect(new Set(states).size).toBe(2);
  expect(states[2]).toBe(states[0]);
  rmSync(file);
  expect(fileState(file)).toBe('');
});

test('one that is not whole, or is something else, is none', async () => {
  using directory = temporaryDirectory();
  const recording = recordingOf(directory);
  const place = directory.file('kept');
  expect(keptRecord(place, [])).toBeNull();
  await keepRecord(place, recording);
  const whole = readFileSync(place);
  for (const length of [0, 3, 4, 5, whole.length - 1]) {
    writeFileSync(place, whole.subarray(0, length));
    expect(keptRecord(place, [])).toBeNull();
  }
  const damaged = Buffer.from(whole);
  damaged.write('─', whole.indexOf('part.ts'));
  writeFileSync(place, damaged);
  expect(keptRecord(place, [])).toBeNull();
  const module = { format: 'module', source: 'x', imports: new Map() };
  for (const other of [
    null,
    'text',
    { files: new Map() },
    { files: [], modules: new Map() },
    { files: new Map([['a', 1]]), modules: new Map() },
    { files: new Map(), modules: new Map([['a', 'b']]) },
    { files: new Map(), modules: new Map([['a', { ...module, source: 1 }]]) },
    { files: new Map(), modules: new Map([['a', { ...module, imports: {} }]]) },
  ]) {
    writeFileSync(place, checked(serialize(other)));
    expect(keptRecord(place, [])).toBeNull();
  }
  // The test writes them as we do: it would take one that is right.
  writeFileSync(place, checked(serialize({ files: new Map(), modules: new Map([['a', module]]) })));
  expect(keptRecord(place, [])).toEqual(new Map([['a', module]]));
});

test('that of another release, all of whose files are still there, is not taken', async () => {
  using directory = temporaryDirectory();
  await keepRecord(directory.file('kept'), recordingOf(directory));
  expect(keptRecord(directory.file('kept'), [PART, 'file:///elsewhere/part.ts'])).toBeNull();
});

test('where it cannot be written nothing happens', async () => {
  using directory = temporaryDirectory();
  await keepRecord(directory.file('there/kept'), recordingOf(directory));
  expect(readdirSync(directory.path)).toEqual(['part.ts']);
});

test('a package that is held for later is kept too, and comes from there when it is needed', () => {
  using directory = temporaryDirectory();
  const file = (name: string): string => directory.file(`release/${name}`);
  mkdirSync(file('node_modules/part'), { recursive: true });
  cpSync(LIB, file('src/lib'), { recursive: true });
  writeFileSync(file('package.json'), '{ "type": "module" }');
  writeFileSync(file('node_modules/part/package.json'), '{ "name": "part", "main": "index.js" }');
  writeFileSync(file('node_modules/part/index.js'), `exports.late = () => require('./late').word;`);
  const late = file('node_modules/part/late.js');
  const says = (word: string): void => writeFileSync(late, `exports.word = '${word}';`);
  writeFileSync(
    file('src/main.ts'),
    `import { writeFileSync } from 'node:fs';
    import { holdPackage } from './lib/modules-in-memory/memory-modules.ts';
    holdPackage('part');
    if (process.argv[2] === 'replaced') writeFileSync(${JSON.stringify(late)}, "exports.word = 'another release';");
    process.stdout.write((await import('part')).late());`,
  );
  const cache = directory.file('cache');
  const run = (...args: readonly string[]): string => {
    const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: cache };
    const { stdout, stderr } = spawnSync(process.execPath, [file('src/main.ts'), ...args], { encoding: 'utf8', env });
    return stdout + stderr;
  };
  const writtenAt = (): bigint => {
    const [version = ''] = readdirSync(cache);
    return statSync(join(cache, version, 'package-part'), { bigint: true }).mtimeNs;
  };
  says('one');
  expect(run()).toBe('one');
  const first = writtenAt();
  expect(run()).toBe('one');
  expect(writtenAt()).toBe(first);
  says('two');
  expect(run()).toBe('two');
  const second = writtenAt();
  expect(second).not.toBe(first);
  expect(run('replaced')).toBe('two');
  expect(writtenAt()).toBe(second);
});

test('the second start reads no modules, and one after a change reads them again', () => {
  using directory = temporaryDirectory();
  const file = (name: string): string => directory.file(`release/src/${name}`);
  mkdirSync(file('threads'), { recursive: true });
  cpSync(LIB, file('lib'), { recursive: true });
  writeFileSync(directory.file('release/package.json'), '{ "type": "module" }');
  const says = (word: string): void => writeFileSync(file('threads/word.ts'), `export const word: string = '${word}';`);
  says('one');
  writeFileSync(
    file('threads/thread.ts'),
    `import { parentPort, threadId } from 'node:worker_threads';
    import { word } from './word.ts';
    parentPort!.postMessage(word + ' in thread ' + threadId);`,
  );
  writeFileSync(
    file('main.ts'),
    `import { holdModules, startThread } from './lib/modules-in-memory/memory-modules.ts';
    const entry = new URL('./threads/thread.ts', import.meta.url);
    await holdModules([entry]);
    startThread(entry, null).once('message', (said: string) => process.stdout.write(said));`,
  );
  const run = (environment: Readonly<Record<string, string>>, main = file('main.ts')): string => {
    const env = { PATH: process.env['PATH'], ...environment };
    const { stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8', env });
    return stdout + stderr;
  };
  const cache = { NODE_COMPILE_CACHE: directory.file('cache') };
  // The recorder is a thread, too.
  expect(run(cache)).toBe('one in thread 2');
  expect(run(cache)).toBe('one in thread 1');
  says('two');
  expect(run(cache)).toBe('two in thread 2');
  expect(run(cache)).toBe('two in thread 1');
  expect(run({ NODE_DISABLE_COMPILE_CACHE: '1' })).toBe('two in thread 2');
  expect(run({ NODE_DISABLE_COMPILE_CACHE: '1' })).toBe('two in thread 2');
  // The next release in a folder of its own, with the same cache and the last one beside it; and back.
  cpSync(directory.file('release'), directory.file('last'), { recursive: true });
  says('three');
  expect(run(cache)).toBe('three in thread 2');
  expect(run(cache, directory.file('last/src/main.ts'))).toBe('two in thread 2');
  expect(run(cache)).toBe('three in thread 2');
});

test('a start removes what one that was killed has left, and not what another is writing', () => {
  using directory = temporaryDirectory();
  const file = (name: string): string => directory.file(`release/src/${name}`);
  mkdirSync(file('threads'), { recursive: true });
  cpSync(LIB, file('lib'), { recursive: true });
  writeFileSync(directory.file('release/package.json'), '{ "type": "module" }');
  writeFileSync(file('threads/thread.ts'), 'export {};');
  writeFileSync(
    file('main.ts'),
    `import { holdModules } from './lib/modules-in-memory/memory-modules.ts';
    await holdModules([new URL('./threads/thread.ts', import.meta.url)]);`,
  );
  const cache = directory.file('cache');
  const start = (): readonly string[] => {
    const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: cache };
    expect(spawnSync(process.execPath, [file('main.ts')], { encoding: 'utf8', env })).toMatchObject({ status: 0 });
    const [version = ''] = readdirSync(cache);
    return readdirSync(join(cache, version)).filter((name) => name.includes('modules-'));
  };
  const [kept = ''] = start();
  const [version = ''] = readdirSync(cache);
  const beside = (hex: string): string => join(cache, version, `.${kept}.${hex}.tmp`);
  for (const hex of ['0123456789ab', 'ba9876543210']) writeFileSync(beside(hex), 'half of it');
  const anHourAgo = Date.now() / 1000 - 3600;
  utimesSync(beside('0123456789ab'), anHourAgo, anHourAgo);
  expect(start().toSorted()).toEqual([`.${kept}.ba9876543210.tmp`, kept]);
});

function checked(body: Uint8Array): Uint8Array {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(body));
  return Buffer.concat([checksum, body]);
}
