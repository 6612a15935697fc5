/** Reads the text format of Prometheus, as far as our own metrics use it. */

/** Samples by name with labels, as written. */
export function parseMetrics(body: string): Map<string, number> {
  const samples = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}
