/** Bytes that count how often one of them is looked at: work of a parser, without a clock. */

export interface CountedBytes {
  readonly bytes: Buffer;
  readonly looks: () => number;
}

/** Looks by index are counted; what goes through a method of Buffer is not. */
export function countedLooks(text: string): CountedBytes {
  let looks = 0;
  const bytes = new Proxy(Buffer.from(text, 'latin1'), {
    get: (buffer, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
      const value: unknown = Reflect.get(buffer, key, buffer);
      return typeof value === 'function' ? (value as () => unknown).bind(buffer) : value;
    },
  });
  return { bytes, looks: () => looks };
}
