/** Takes a prebuilt response apart, for the tests of this module: status line, fields by lower-case name, body. */

export interface ReadResponse {
  readonly status: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

export function readResponse(bytes: Buffer): ReadResponse {
  const end = bytes.indexOf('\r\n\r\n');
  const [status = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
  });
  return { status, fields: new Map(fields), body: bytes.subarray(end + 4).toString('utf8') };
}
