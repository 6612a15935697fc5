/**
 * Which representation of an answer a client gets: the format of the metrics (Accept), and whether it is compressed (Accept-Encoding;
 * RFC 9110 §12.5). Total on any bytes; their length is bounded by the head. What is malformed is as good as not sent: the plain text
 * format, not compressed, which everything reads. It must not compress or write anything.
 */
import type { MetricsFormat } from '../lib/metrics-text.ts';

interface Weighted {
  /** In lower case. */
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly q: number;
}

/** OpenMetrics where it is named, in the version that we write, and not wanted less than the text format. */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  const types = weightedItems(accept);
  const open = types
    .filter(({ name, parameters }) => name === 'application/openmetrics-text' && isOurs(parameters.get('version')))
    .map(({ q }) => q);
  const weight = Math.max(0, ...open);
  const plain = Math.max(0, ...types.filter(({ name }) => name === 'text/plain').map(({ q }) => q));
  return weight > 0 && weight >= plain ? 'openmetrics' : 'prometheus';
}

/** Whether the client reads gzip; `identity` where it likes that better. */
export function readsGzip(acceptEncoding: string | undefined): boolean {
  const codings = weightedItems(acceptEncoding);
  const weightOf = (name: string): number | undefined => codings.find((coding) => coding.name === name)?.q;
  const gzip = weightOf('gzip') ?? weightOf('*') ?? 0;
  return gzip > 0 && gzip >= (weightOf('identity') ?? 0);
}

/** A client that names no version takes any. */
function isOurs(version: string | undefined): boolean {
  return version === undefined || version === '1.0.0';
}

function weightedItems(field: string | undefined): Weighted[] {
  return (field ?? '').split(',').flatMap((item) => {
    const [name = '', ...rest] = item.split(';').map((part) => part.trim().toLowerCase());
    const parameters = new Map(rest.map((part) => splitAtEquals(part)));
    const q = parameters.get('q');
    if (name === '' || (q !== undefined && !/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q))) return [];
    return [{ name, parameters, q: q === undefined ? 1 : Number(q) }];
  });
}

function splitAtEquals(part: string): readonly [string, string] {
  const at = part.indexOf('=');
  return at < 0
    ? [part, '']
    : [
        part.slice(0, at).trim(),
        part
          .slice(at + 1)
          .trim()
          .replaceAll('"', ''),
      ];
}
