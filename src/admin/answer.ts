/** An answer of the admin side before it is written: plain values, so that what decides needs no socket. It must not write itself. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** These fields are added to those that every answer carries. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** `indent` 0: on one line, for what programs read. */
export function json(status: number, value: object, indent = 2): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value, null, indent)}\n` };
}

export function text(status: number, words: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${words}\n` };
}
