/**
 * What a running instance exports as OpenMetrics is read by the parser of Prometheus' own Python library, which takes the standard by its
 * word; compressed or not, asked for whole or by its head alone.
 */
import { execFileSync } from 'node:child_process';
import { request, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../support/programs.ts';
import { PYTHON } from '../support/python-tuf.ts';
import { startProxy, type ProxyProcess } from '../support/proxy-process.ts';

const READER = '/usr/lib/python3/dist-packages/prometheus_client';
const PROGRAM = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(' '.join(family.name + ':' + family.type for family in text_string_to_metric_families(sys.stdin.read())))
`;
const OPEN_METRICS = { accept: 'application/openmetrics-text;version=1.0.0' };

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

describeWith([READER])('OpenMetrics', () => {
  let proxy: ProxyProcess;
  beforeAll(async () => {
    proxy = await startProxy({ config: { workers: 2 }, lists: { own: 'listed.example\n' } });
  });
  afterAll(async () => await proxy.stop());

  async function get(headers: Readonly<Record<string, string>>, method = 'GET'): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    request({ host: '127.0.0.1', port: proxy.adminPort, path: '/metrics', method, headers, agent: false }, (answer) => {
      buffer(answer).then((body) => resolve({ headers: answer.headers, body }), reject);
    })
      .on('error', reject)
      .end();
    return await promise;
  }

  test('is what an instance says to whoever asks for it', async () => {
    const { headers, body } = await get(OPEN_METRICS);
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const families = execFileSync(PYTHON, ['-c', PROGRAM], { input: body, encoding: 'utf8' }).trim().split(' ');
    expect(families).toEqual(
      expect.arrayContaining([
        'cleanfeed_requests:counter',
        'cleanfeed_upstream_duration_seconds:histogram',
        'cleanfeed_list_entries:gauge',
        'process_cpu_seconds:counter',
      ]),
    );
    const plain = (await get({})).body.toString();
    expect(families).toHaveLength(plain.match(/^# TYPE /gm)!.length);
  });

  test('is compressed for those who read that', async () => {
    const { headers, body } = await get({ ...OPEN_METRICS, 'accept-encoding': 'gzip' });
    expect([headers['content-encoding'], headers['content-length']]).toEqual(['gzip', String(body.length)]);
    expect(gunzipSync(body).toString().endsWith('\n# EOF\n')).toBe(true);
    expect((await get(OPEN_METRICS)).headers['content-encoding']).toBeUndefined();
  });

  test('has a head of its own', async () => {
    for (const more of [{}, { 'accept-encoding': 'gzip' }]) {
      const { headers, body } = await get({ ...OPEN_METRICS, ...more }, 'HEAD');
      expect(headers['content-type']).toContain('openmetrics');
      expect([body.length, Number(headers['content-length']) > 1000]).toEqual([0, true]);
    }
  });
});
