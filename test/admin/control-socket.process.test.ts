import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ControlSocket } from '../../src/admin/control-socket.ts';
import type { ControlSocketFault } from '../../src/admin/control-socket.ts';
import { DEADLINES } from '../../src/lib/deadlines.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { within } from '../support/within.ts';

let directory: TemporaryDirectory;
let path: string;
let socket: ControlSocket | null;
let told: (ControlSocketFault['kind'] | null)[];
let time: VirtualTime;
beforeEach(() => {
  time = new VirtualTime();
  directory = temporaryDirectory();
  path = directory.file('control.sock');
  told = [];
});
afterEach(async () => {
  await socket?.close();
  directory[Symbol.dispose]();
});

async function start(name = 'first'): Promise<ControlSocket> {
  writeFileSync(directory.file('own.yaml'), '');
  const commands = { who: () => ({ ok: true as const, result: name }) };
  socket = await ControlSocket.start({
    path,
    file: directory.file('own.yaml'),
    commands,
    ofLines: {
      who: ({ prefix }) =>
        typeof prefix !== 'string'
          ? { ok: false, code: 'usage', message: 'no prefix' }
          : { ok: true, result: () => (line) => ({ text: `${prefix}${line}` }) },
    },
    changed: (fault) => void told.push(fault?.kind ?? null),
    time,
  });
  return socket;
}

/** At one of its next looks. */
async function looked(what: string, isSo: () => boolean): Promise<void> {
  await eventually(what, async () => {
    await time.advance(DEADLINES.control.lookMs);
    return isSo();
  });
}

async function ask(request: object = {}): Promise<unknown> {
  return await new Promise((resolve) => {
    let text = '';
    const asking = connect(path, () => asking.write(`${JSON.stringify({ command: 'who', ...request })}\n`));
    asking.on('data', (chunk) => void (text += chunk.toString()));
    asking.on('error', () => resolve('no instance'));
    asking.on('end', () => resolve(JSON.parse(text)));
  });
}

/** Another process's socket there: whoever connects is answered. */
async function foreign(at: string, reply: object = { ok: true, result: 'foreign' }): Promise<Server> {
  const server = createServer((connection) =>
    connection
      .on('error', () => {})
      .resume()
      .end(`${JSON.stringify(reply)}\n`),
  );
  await new Promise<void>((resolve) => server.listen(at, resolve));
  return server;
}

async function ended(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

const UNKNOWN = 'a process that does not say who it is';

describe('one socket an instance', () => {
  test('nothing is left when it closes, and while it is open there is its name only', async () => {
    const control = await start();
    expect([control.fault, readdirSync(directory.path)]).toEqual([null, ['control.sock', 'own.yaml']]);
    await control.close();
    expect([readdirSync(directory.path), told]).toEqual([['own.yaml'], []]);
  });

  test('a name that another instance answers at is left alone, and taken when that one has gone', async () => {
    const other = await foreign(path);
    const control = await start();
    expect([control.fault, told]).toEqual([
      { kind: 'taken', owner: UNKNOWN, reason: `another instance answers at ${path}: ${UNKNOWN}` },
      ['taken'],
    ]);
    expect(await ask()).toEqual({ ok: true, result: 'foreign' });
    await ended(other);
    await looked('it has the name', () => control.fault === null);
    expect([await ask(), told]).toEqual([{ ok: true, result: 'first' }, ['taken', null]]);
  });

  test('says which process has the name, and which configuration that runs', async () => {
    const result = { pid: 7, configuration: { file: '/etc/other.yaml' } };
    const other = await foreign(path, { ok: true, result });
    expect((await start()).fault).toMatchObject({ kind: 'taken', owner: 'process 7, which runs /etc/other.yaml' });
    await ended(other);
  });

  // Was a bug: each byte put the end of the waiting off, and the instance never started.
  test('whoever has the name and never comes to an end is not waited for', async () => {
    const drips = new Set<NodeJS.Timeout>();
    const other = createServer((connection) => {
      const drip = setInterval(() => connection.write(' '), 50);
      drips.add(drip);
      connection.on('error', () => {}).on('close', () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => other.listen(path, resolve));
    try {
      const starting = start();
      await eventually('it has asked', () => drips.size > 0);
      await time.advance(DEADLINES.control.ownerMs);
      expect((await within('the start', starting)).fault).toMatchObject({ kind: 'taken', owner: UNKNOWN });
    } finally {
      for (const drip of drips) clearInterval(drip);
      other.close();
    }
  });

  test('a name that a killed process left behind is nobody’s', async () => {
    spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    expect(statSync(path).isSocket()).toBe(true);
    expect((await start()).fault).toBe(null);
    expect([await ask(), statSync(path).mode & 0o777]).toEqual([{ ok: true, result: 'first' }, 0o660]);
  });

  test('one that never got the name takes nothing away when it closes', async () => {
    const other = await foreign(path);
    await (await start()).close();
    expect(await ask()).toEqual({ ok: true, result: 'foreign' });
    await ended(other);
  });

  test('a name that was removed is there again', async () => {
    await start();
    rmSync(path);
    await looked('it is there', () => existsSync(path));
    expect([await ask(), told]).toEqual([{ ok: true, result: 'first' }, []]);
  });

  // Was a bug: it believed that it had the name, and took it from the other one when it closed.
  test('a name that another process has taken is missed, and is left to that one', async () => {
    const control = await start();
    rmSync(path);
    const other = await foreign(path);
    await looked('it is missed', () => control.fault?.kind === 'taken');
    expect([await ask(), readdirSync(directory.path)]).toEqual([
      { ok: true, result: 'foreign' },
      ['control.sock', 'own.yaml'],
    ]);
    await ended(other);
    await looked('it has the name', () => control.fault === null);
    expect([await ask(), told]).toEqual([{ ok: true, result: 'first' }, ['taken', null]]);
  });

  test('one that has lost the name takes nothing away when it closes', async () => {
    const control = await start();
    rmSync(path);
    const other = await foreign(path);
    await control.close();
    expect(await ask()).toEqual({ ok: true, result: 'foreign' });
    await ended(other);
  });

  test('a file that is no socket is left as it is: the name is a mistake in the configuration', async () => {
    writeFileSync(path, 'precious');
    const control = await start();
    expect(control.fault).toEqual({ kind: 'unusable', reason: `${path}: what is there is no socket` });
    expect(readdirSync(directory.path)).toEqual(['control.sock', 'own.yaml']);
  });
});

describe('a request names the configuration that it means', () => {
  test.each([
    { name: 'none is named', configuration: undefined, result: 'first' },
    { name: 'the same name', configuration: (own: string) => ({ file: own, real: null }), result: 'first' },
    {
      name: 'the same name, which leads elsewhere by now',
      configuration: (own: string) => ({ file: own, real: '/elsewhere.yaml' }),
      result: 'first',
    },
    {
      name: 'another name of the same file',
      configuration: (own: string) => ({ file: '/link.yaml', real: own }),
      result: 'first',
    },
    { name: 'another file', configuration: () => ({ file: '/other.yaml', real: '/other.yaml' }), result: null },
    { name: 'a file that is not there', configuration: () => ({ file: '/other.yaml', real: null }), result: null },
    { name: 'something that is no configuration', configuration: () => 7, result: null },
  ])('$name', async ({ configuration, result }) => {
    await start();
    const own = directory.file('own.yaml');
    const reply = await ask(configuration === undefined ? {} : { configuration: configuration(own) });
    if (result !== null) expect(reply).toEqual({ ok: true, result });
    else
      expect(reply).toMatchObject({
        ok: false,
        code: 'other_configuration',
        message: expect.stringMatching(new RegExp(`^this instance runs ${own}, not `)),
      });
  });

  test('the instance was given a symbolic link: what that leads to is its file, and what it led to is not', async () => {
    writeFileSync(directory.file('one.yaml'), '');
    writeFileSync(directory.file('two.yaml'), '');
    symlinkSync('one.yaml', directory.file('link.yaml'));
    socket = await ControlSocket.start({
      path,
      file: directory.file('link.yaml'),
      ofLines: {},
      commands: { who: () => ({ ok: true as const, result: 'linked' }) },
      changed: () => {},
    });
    const asked = async (name: string): Promise<unknown> =>
      await ask({ configuration: { file: directory.file(name), real: directory.file(name) } });
    expect([await asked('one.yaml'), await asked('two.yaml')]).toEqual([
      { ok: true, result: 'linked' },
      expect.objectContaining({ ok: false }),
    ]);
    rmSync(directory.file('link.yaml'));
    symlinkSync('two.yaml', directory.file('link.yaml'));
    expect([await asked('one.yaml'), await asked('two.yaml')]).toEqual([
      expect.objectContaining({ ok: false }),
      { ok: true, result: 'linked' },
    ]);
  });
});

// Was a bug: the connection stayed, and after a thousand of them nobody could speak to the instance.
test('who does not end the connection after the response has it ended', async () => {
  await start();
  const staying = connect({ path, allowHalfOpen: true });
  staying.write('{"command":"who"}\n');
  staying.resume();
  await once(staying, 'end');
  const failed = once(staying, 'error');
  await eventually('it is gone', () => (staying.destroyed ? true : (staying.write(' '), false)));
  expect(await failed).toMatchObject([{ code: 'EPIPE' }]);
});

// Was a fault: it stayed as long as the other side did, and a thousand of them are all there are.
test('who never reads a long reply is not kept for it', async () => {
  const options = {
    path,
    file: directory.file('own.yaml'),
    commands: {
      long: () => ({ ok: true as const, result: 'x'.repeat(8 * 1024 * 1024) }),
      who: () => ({ ok: true as const, result: 'first' }),
    },
    ofLines: {},
    changed: () => {},
  };
  socket = await ControlSocket.start({ ...options, time });
  const deaf = connect({ path, allowHalfOpen: true });
  deaf.pause().write('{"command":"long"}\n');
  const failed = once(deaf, 'error');
  const [lookMs] = time.pending;
  await eventually('its reply waits for it', () => time.pending.includes(DEADLINES.control.replyMs));
  expect(time.pending).toEqual([lookMs, DEADLINES.control.replyMs]);
  await time.advance(DEADLINES.control.replyMs);
  await eventually('it is gone', () => (deaf.destroyed ? true : (deaf.write(' '), false)));
  expect(await failed).toMatchObject([{ code: expect.stringMatching(/^(?:EPIPE|ECONNRESET)$/) }]);
  expect(await ask()).toEqual({ ok: true, result: 'first' });
  // One that reads has all of it, in the time that there is.
  await socket.close();
  socket = await ControlSocket.start(options);
  const reads = connect(path);
  reads.write('{"command":"long"}\n');
  expect((await text(reads)).length).toBeGreaterThan(8 * 1024 * 1024);
});

test('two hundred at once all get a response', async () => {
  await start();
  const replies = await Promise.all(Array.from({ length: 200 }, async () => await ask()));
  expect(replies.filter((reply) => JSON.stringify(reply) === '{"ok":true,"result":"first"}')).toHaveLength(200);
});

describe('a request that lines follow', () => {
  const LINES = { command: 'who', lines: true, prefix: '>' };

  /** All that comes back. */
  async function asked(request: object, ...pieces: string[]): Promise<readonly unknown[]> {
    const asking = connect({ path, allowHalfOpen: true });
    const response = text(asking);
    asking.write(`${JSON.stringify(request)}\n`);
    for (const piece of pieces) {
      asking.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    asking.end();
    return (await response)
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  }

  test('one answer for each, in order, however they come', async () => {
    await start();
    const [head, ...answers] = await asked(LINES, 'a\n', 'b', 'c\nd\n\ne', '\nlast');
    expect(head).toEqual({ ok: true, result: {} });
    expect(answers).toEqual(['>a', '>bc', '>d', '>', '>e', '>last'].map((line) => ({ text: line })));
  });

  test('one that is refused has one answer', async () => {
    await start();
    expect(await asked({ command: 'who', lines: true }, 'a\n')).toEqual([
      { ok: false, code: 'usage', message: 'no prefix' },
    ]);
    expect(await asked({ ...LINES, command: 'what' })).toMatchObject([{ ok: false, code: 'usage' }]);
    expect(await asked({ ...LINES, configuration: { file: '/other.yaml', real: null } })).toMatchObject([
      { ok: false, code: 'other_configuration' },
    ]);
  });

  test('a line that is too long is answered as such, and those after it as ever', async () => {
    await start();
    const [, ...answers] = await asked(LINES, 'a\n', 'x'.repeat(100_000), `${'x'.repeat(100_000)}\nb\n`);
    expect(answers).toMatchObject([{ text: '>a' }, { ok: false, code: 'usage' }, { text: '>b' }]);
  });

  test('who sends and never reads is not read from without bound', async () => {
    await start();
    const asking = connect(path);
    asking.pause();
    asking.write(`${JSON.stringify(LINES)}\n`);
    const many = `${'x'.repeat(1000)}\n`.repeat(1000);
    let sent = 0;
    // Until the kernel takes no more, for as long as the instance could have read more.
    while (asking.writableLength < 8 * many.length) {
      asking.write(many);
      sent += many.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (let looks = 0, taken = -1; looks < 20;) {
      const now = sent - asking.writableLength;
      looks = now === taken ? looks + 1 : 0;
      taken = now;
      await ask();
    }
    expect(asking.writableLength).toBeGreaterThan(0);
    asking.destroy();
    expect(await ask()).toEqual({ ok: true, result: 'first' });
  });

  test('many connections at once are all answered', async () => {
    await start();
    const counts = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const asking = connect({ path, allowHalfOpen: true });
        asking.end(`${JSON.stringify(LINES)}\n${'a\n'.repeat(200)}`);
        return (await text(asking)).split('\n').length - 2;
      }),
    );
    expect(new Set(counts)).toEqual(new Set([200]));
  });
});
