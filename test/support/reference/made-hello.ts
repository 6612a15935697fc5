/** ClientHellos made by hand, in whatever records: what no real client sends, and what some hostile one may. */

export const EXTENSION = { serverName: 0, supportedVersions: 43, keyShare: 51, earlyData: 42, ech: 0xfe0d } as const;

export interface MadeHello {
  readonly version?: number;
  readonly sessionId?: Buffer;
  readonly suites?: Buffer;
  /** null: the message ends before them, as those of TLS 1.0 may. */
  readonly extensions?: readonly Buffer[] | null;
}

/** A number of so many bytes. */
export function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** Bytes behind their length, a number of so many bytes. */
export function vector(lengthBytes: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([uint(body.length, lengthBytes), body]);
}

export function extension(type: number, ...data: readonly Buffer[]): Buffer {
  return Buffer.concat([uint(type, 2), vector(2, ...data)]);
}

/** `name`: a byte string. */
export function nameEntry(name: string, type = 0): Buffer {
  return Buffer.concat([uint(type, 1), vector(2, Buffer.from(name, 'latin1'))]);
}

export function serverName(...names: readonly string[]): Buffer {
  return extension(EXTENSION.serverName, vector(2, ...names.map((name) => nameEntry(name))));
}

/** The handshake message: its type, its length, and what it says. */
export function helloMessage({ version = 0x0303, sessionId, suites, extensions = [] }: MadeHello = {}): Buffer {
  return Buffer.concat([
    uint(1, 1),
    vector(
      3,
      uint(version, 2),
      Buffer.alloc(32, 0x5a),
      vector(1, sessionId ?? Buffer.alloc(32, 0x1d)),
      vector(2, suites ?? Buffer.from('130113021303c02b', 'hex')),
      vector(1, Buffer.from([0])),
      ...(extensions === null ? [] : [vector(2, ...extensions)]),
    ),
  ]);
}

/** In records of so many bytes, the last of which is used again and again. */
export function inRecords(message: Buffer, ...sizes: readonly number[]): Buffer {
  const records: Buffer[] = [];
  for (let at = 0, k = 0; at < message.length; k++) {
    const size = sizes[Math.min(k, sizes.length - 1)] ?? 16_384;
    records.push(record(message.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat(records);
}

export function record(body: Buffer, type = 22, version = 0x0301): Buffer {
  return Buffer.concat([uint(type, 1), uint(version, 2), vector(2, body)]);
}

/** As one record, for an ordinary name. */
export function helloFor(...names: readonly string[]): Buffer {
  return inRecords(helloMessage({ extensions: [serverName(...names)] }));
}
