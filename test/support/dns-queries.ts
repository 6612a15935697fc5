/** Queries for tests of the resolver side: any bytes in names, EDNS with options, or broken on purpose. */
import fc from 'fast-check';
import { encodedName } from './dns-server.ts';

export interface QueryParts {
  readonly id?: number;
  /** The second word of the header. */
  readonly flags?: number;
  readonly name: string | Buffer;
  readonly qtype?: number;
  readonly qclass?: number;
  readonly edns?: EdnsParts | null;
}

interface EdnsParts {
  readonly size: number;
  readonly do?: boolean;
  readonly version?: number;
  readonly options?: Buffer;
}

/** @param parts `name` as text of labels with dots between, or in wire form. */
export function queryBytes(parts: QueryParts): Buffer {
  const { id = 0x1234, flags = 0x0100, name, qtype = 1, qclass = 1, edns = null } = parts;
  const header = words(id, flags, 1, 0, 0, edns === null ? 0 : 1);
  const wireName = typeof name === 'string' ? encodedName(name) : name;
  return Buffer.concat([header, wireName, words(qtype, qclass), edns === null ? Buffer.alloc(0) : optRecord(edns)]);
}

export function optRecord({ size, do: isDo = false, version = 0, options = Buffer.alloc(0) }: EdnsParts): Buffer {
  return Buffer.concat([Buffer.from([0]), words(41, size, version, isDo ? 0x8000 : 0, options.length), options]);
}

export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => bytes.writeUInt16BE(value, i * 2));
  return bytes;
}

/** Names in wire form: of host characters, or of any bytes. */
export const wireNames: fc.Arbitrary<Buffer> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: hostLabels() },
      { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 63 }).map((bytes) => Buffer.from(bytes)) },
    ),
    { maxLength: 6 },
  )
  .map((labels) =>
    Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]),
  )
  .filter((name) => name.length <= 255);

export const queries: fc.Arbitrary<Required<QueryParts>> = fc.record({
  id: fc.nat(0xffff),
  // RD, AD and CD as they come, opcode QUERY.
  flags: fc.constantFrom(0, 0x0100, 0x0120, 0x0110, 0x0130),
  name: wireNames,
  qtype: fc.oneof(fc.constantFrom(1, 28, 65, 64, 15, 16, 255), fc.nat(0xffff)),
  qclass: fc.constantFrom(1, 1, 1, 3, 255),
  edns: fc.option(
    fc.record({
      size: fc.nat(0xffff),
      do: fc.boolean(),
      version: fc.constantFrom(0, 0, 0, 1, 255),
      options: fc.constantFrom(
        Buffer.alloc(0),
        Buffer.concat([words(10, 8), Buffer.from('clientid')]),
        Buffer.concat([words(10, 40), Buffer.from('clientid'), Buffer.alloc(32, 0x73)]),
        Buffer.concat([words(8, 7, 1, 24 << 8), Buffer.from([192, 0, 2])]),
      ),
    }),
  ),
});

function hostLabels(): fc.Arbitrary<Buffer> {
  return fc
    .stringMatching(/^[A-Za-z0-9_-]{1,63}$/, { size: '-1' })
    .map((label) => Buffer.from(label.slice(0, 63), 'latin1'));
}
