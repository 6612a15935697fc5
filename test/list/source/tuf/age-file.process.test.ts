/** Files of age, opened piece by piece: those of the package and of Debian's `age`, in pieces of any size; nothing that was changed or cut off. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { ListError, listError } from '../../../../src/list/list-error.ts';
import { fileKeyIn, openedPieces } from '../../../../src/list/source/tuf/age-file.ts';
import { describeWith } from '../../../support/programs.ts';
import { codeOf } from '../../../support/list-error-code.ts';

const CHUNK = 64 * 1024;
const TAG = 16;
let recipient = '';
const decrypter = new Decrypter();

beforeAll(async () => {
  const identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  decrypter.addIdentity(identity);
});

/** The same for the same length, and no part of it like another. */
function plainOf(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => createHash('sha256').update(`${i}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

async function sealed(plain: Uint8Array): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return await encrypter.encrypt(plain);
}

/** One place for each piece, as a file is read. */
async function* piecesOf(bytes: Uint8Array, length = 128 * 1024): AsyncGenerator<Uint8Array, void> {
  const place = new Uint8Array(length);
  for (let at = 0; at < bytes.length; at += length) {
    const piece = bytes.subarray(at, at + length);
    place.set(piece);
    yield place.subarray(0, piece.length);
    place.fill(0xee);
  }
}

const fileKeyOf = async (header: Uint8Array): Promise<Uint8Array> => await decrypter.decryptHeader(header);

async function opened(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of openedPieces(pieces, fileKeyOf)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('what the package has encrypted', () => {
  test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 77])('%d bytes', async (length) => {
    const plain = plainOf(length);
    const bytes = await sealed(plain);
    for (const pieceLength of [bytes.length, 128 * 1024, CHUNK + TAG, 1000, 17])
      expect((await opened(piecesOf(bytes, pieceLength))).equals(plain)).toBe(true);
  });

  test('in pieces of a byte', async () => {
    const bytes = await sealed(plainOf(300));
    expect((await opened(piecesOf(bytes, 1))).equals(plainOf(300))).toBe(true);
  });

  test('each chunk has memory of its own, which may be freed at once', async () => {
    const lengths: number[] = [];
    for await (const chunk of openedPieces(piecesOf(await sealed(plainOf(2 * CHUNK + 5))), fileKeyOf)) {
      lengths.push(chunk.length);
      expect(chunk.buffer.byteLength).toBe(chunk.length);
      if (chunk.buffer instanceof ArrayBuffer) chunk.buffer.transfer(0);
    }
    expect(lengths).toEqual([CHUNK, CHUNK, 5]);
  });

  test('the key of a file opens it where there is no identity, and no other file', async () => {
    const [one, other] = [await sealed(plainOf(10)), await sealed(plainOf(10))];
    const key = await fileKeyIn(piecesOf(one), fileKeyOf);
    const withKey = async (bytes: Uint8Array): Promise<string> => {
      const all: Uint8Array[] = [];
      for await (const chunk of openedPieces(piecesOf(bytes), () => Promise.resolve(key))) all.push(chunk);
      return Buffer.concat(all).toString('hex');
    };
    expect(await withKey(one)).toBe(plainOf(10).toString('hex'));
    expect(await codeOf(withKey(other))).toBe('decrypt');
  });
});

describeWith(['age'])("Debian's age", () => {
  test('what it encrypts', () => {
    const plain = plainOf(2 * CHUNK + 9);
    const bytes = execFileSync('age', ['-r', recipient], { input: plain });
    return expect(opened(piecesOf(bytes)).then((all) => all.equals(plain))).resolves.toBe(true);
  });
});

describe('what is refused', () => {
  test('a bit that was changed, wherever it is', async () => {
    const bytes = await sealed(plainOf(CHUNK + 100));
    const step = 997;
    const places = [
      ...Array(230).keys(),
      ...Array.from({ length: Math.floor(bytes.length / step) }, (_, i) => i * step),
    ];
    for (const at of [...places, bytes.length - 1])
      expect(await codeOf(opened(piecesOf(bytes.with(at, bytes[at]! ^ 1))))).toBe('decrypt');
  });

  test('whatever is cut off, between chunks too', async () => {
    const bytes = await sealed(plainOf(2 * CHUNK + 100));
    const start = bytes.length - (2 * CHUNK + 100 + 3 * TAG);
    const ends = [0, 1, 100, start - 1, start, start + 1, start + TAG, start + CHUNK, start + CHUNK + TAG];
    for (const end of [...ends, start + 2 * (CHUNK + TAG), start + 2 * (CHUNK + TAG) + TAG, bytes.length - 1])
      expect([end, await codeOf(opened(piecesOf(bytes.subarray(0, end))))]).toEqual([end, 'decrypt']);
  });

  test('what was added behind the end, and chunks in another order', async () => {
    const bytes = await sealed(plainOf(3 * CHUNK));
    const start = bytes.length - 3 * (CHUNK + TAG);
    const chunk = (i: number): Uint8Array => bytes.subarray(start + i * (CHUNK + TAG), start + (i + 1) * (CHUNK + TAG));
    const header = bytes.subarray(0, start);
    const order = async (...chunks: readonly number[]): Promise<string> =>
      await codeOf(opened(piecesOf(Buffer.concat([header, ...chunks.map(chunk)]))));
    expect(await order(0, 1, 2)).toBe('ok');
    for (const chunks of [[1, 0, 2], [0, 2], [0, 1, 2, 2], [2]]) expect(await order(...chunks)).toBe('decrypt');
    expect(await codeOf(opened(piecesOf(Buffer.concat([bytes, Buffer.alloc(1)]))))).toBe('decrypt');
  });

  test('a header without an end is read up to a bound', async () => {
    let asked = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void> {
      for (; asked < 1000; asked += 1) yield Buffer.alloc(1000, 'x');
    }
    const failing = async (): Promise<Uint8Array> => await fileKeyIn(endless(), fileKeyOf);
    expect(await codeOf(failing())).toBe('decrypt');
    // The rest is only passed over, for what its end may say.
    expect(asked).toBe(1000);
  });
});

test('of any bytes, and of a file with anything in the place of any part of it, what the package makes of it, or a refusal', async () => {
  const bytes = await sealed(plainOf(1000));
  const spliced = fc
    .tuple(fc.nat(bytes.length), fc.nat(40), fc.uint8Array({ maxLength: 40 }))
    .map(([at, less, more]) => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at + less)]));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.uint8Array({ maxLength: 300 }), spliced),
      fc.integer({ min: 1, max: 500 }),
      async (file, length) => {
        const theirs = await decrypter.decrypt(file).then(
          (plain) => Buffer.from(plain).toString('hex'),
          () => 'decrypt',
        );
        const ours = await opened(piecesOf(file, length)).then(
          (plain) => plain.toString('hex'),
          (error: unknown) => (error instanceof ListError ? error.code : String(error)),
        );
        expect(ours).toBe(theirs);
      },
    ),
    { numRuns: 300 },
  );
});

test('what is not as it was received is that, and not a matter of identities: it is fetched again', async () => {
  const bytes = await sealed(plainOf(3 * CHUNK));
  async function* damaged(): AsyncGenerator<Uint8Array, void> {
    yield* piecesOf(bytes.with(1000, bytes[1000]! ^ 1), 1000);
    throw listError('corrupt', 'it is not what was received');
  }
  expect(await codeOf(opened(damaged()))).toBe('corrupt');
  expect(await codeOf(fileKeyIn(damaged(), () => Promise.reject(new Error('not for us'))))).toBe('corrupt');
});

test('what is read from is closed, also where nobody takes all of it', async () => {
  let closed = 0;
  async function* source(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* piecesOf(await sealed(plainOf(3 * CHUNK)), 1000);
    } finally {
      closed += 1;
    }
  }
  for await (const chunk of openedPieces(source(), fileKeyOf)) {
    expect(chunk.length).toBe(CHUNK);
    break;
  }
  await fileKeyIn(source(), fileKeyOf);
  expect(closed).toBe(2);
});
