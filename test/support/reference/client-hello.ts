/** A ClientHello read plainly: the message as a whole, field by field as RFC 8446 §4.1.2 lists them; whatever does not fit throws. */

export interface PlainHello {
  readonly version: number;
  readonly hasEch: boolean;
  /** Byte strings. */
  readonly names: readonly string[];
}

/** @param message without the headers of records. @returns null if it is malformed. */
export function plainHello(message: Buffer): PlainHello | null {
  try {
    return readHello(new Fields(message));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readHello(fields: Fields): PlainHello {
  if (fields.number(1) !== 1) throw new RangeError('not a ClientHello');
  const hello = new Fields(fields.vector(3));
  fields.end();
  const version = hello.number(2);
  hello.bytes(32);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  if (hello.isEmpty) return { version, hasEch: false, names: [] };
  const extensions = new Fields(hello.vector(2));
  hello.end();
  const names: string[] = [];
  let hasEch = false;
  while (!extensions.isEmpty) {
    const type = extensions.number(2);
    const data = new Fields(extensions.vector(2));
    if (type === 0xfe0d) hasEch = true;
    if (type === 0 && !data.isEmpty) names.push(...readNames(data));
  }
  if (names.length > 4) throw new RangeError('too many names');
  return { version, hasEch, names };
}

function readNames(data: Fields): readonly string[] {
  const list = new Fields(data.vector(2));
  data.end();
  const names: string[] = [];
  while (!list.isEmpty) {
    // Its type: some servers take a name of any.
    list.number(1);
    const name = list.vector(2);
    if (name.length > 0) names.push(name.toString('latin1'));
  }
  return names;
}

class Fields {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  bytes(length: number): Buffer {
    if (length > this.#rest.length) throw new RangeError('too short');
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  number(length: number): number {
    return this.bytes(length).readUIntBE(0, length);
  }

  /** With its length, a number of so many bytes, in front. */
  vector(lengthBytes: number): Buffer {
    return this.bytes(this.number(lengthBytes));
  }

  end(): void {
    if (!this.isEmpty) throw new RangeError('too long');
  }
}
