/** The PAC file, evaluated as a browser does: where each request goes; and nothing of a configuration can be anything else in it than a name. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { parseConfig } from '../../src/config/load.ts';
import { pacFile } from '../../src/config/pac-file.ts';
import type { PacConfig } from '../../src/config/types.ts';
import { formatAddress, parsePrefix } from '../../src/lib/prefix.ts';
import { PrefixTable } from '../../src/lib/prefix-table.ts';
import { anyCharacter } from '../support/any-character.ts';

const TERMS: PacConfig = {
  proxies: ['proxy.isp.example:3128', '[2001:db8::1]:3128'],
  failOver: 'none',
  direct: ['intranet.example', '*.isp.example'],
};
const WAY = 'PROXY proxy.isp.example:3128; PROXY [2001:db8::1]:3128';

type Find = (url: string, host: string) => string;

/** With none of the functions that a browser adds: a few of them ask the DNS. */
function evaluated(file: string): Find {
  return runInNewContext(`${file};FindProxyForURL`, {}) as Find;
}

const find = evaluated(pacFile(TERMS));
const ask = (url: string, host = new URL(url).hostname): string => find(url, host);

describe('where a request goes', () => {
  test.each([
    'http://www.example/',
    'https://www.example/',
    'ws://www.example/',
    'WSS://www.example/',
    'http://www.example:8080/a?b',
    'http://isp.example/',
    'http://notisp.example/',
    'http://intranet.example.test/',
    'http://sub.intranet.example/',
    'http://198.51.100.1/',
    'http://172.15.0.1/',
    'http://172.32.0.1/',
    'http://100.63.0.1/',
    'http://100.128.0.1/',
    'http://[2001:db8::1]/',
    'http://[fec0::1]/',
    'http://local.example/',
    'http://xlocal.test/',
    'http://hasownproperty.example/',
  ])('%s: through the proxy', (url) => {
    expect(ask(url)).toBe(WAY);
  });

  test.each([
    'ftp://www.example/',
    'http://intranet.example/',
    'http://INTRANET.EXAMPLE./',
    'http://www.isp.example/',
    'http://a.b.isp.example/',
    'http://printer/',
    'http://localhost/',
    'http://a.localhost/',
    'http://printer.local/',
    'http://router.home.arpa/',
    'http://wiki.internal/',
    'http://127.0.0.1/',
    'http://10.255.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/',
    'http://[::1]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
  ])('%s: directly', (url) => {
    expect(ask(url)).toBe('DIRECT');
    // Firefox and Chromium give the function an address of IPv6 without brackets.
    expect(ask(url, new URL(url).hostname.replaceAll(/[[\]]/g, ''))).toBe('DIRECT');
  });

  test('when no proxy answers it is as the operator chose', () => {
    expect(evaluated(pacFile({ ...TERMS, failOver: 'direct' }))('http://www.example/', 'www.example')).toBe(
      `${WAY}; DIRECT`,
    );
  });

  test('every address of IPv4 that is private goes directly, and no other one', () => {
    const table = new PrefixTable<true>(
      ['10.0.0.0/8', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'].map(
        (text) => {
          const parsed = parsePrefix(text);
          if (!parsed.ok) throw new TypeError(parsed.reason);
          return [parsed.value, true] as const;
        },
      ),
    );
    const byte = fc.nat(255);
    const first = fc.oneof(byte, fc.constantFrom(10, 100, 127, 169, 172, 192));
    fc.assert(
      fc.property(first, byte, byte, byte, (...parts) => {
        const address = Uint8Array.from(parts);
        const host = formatAddress(address);
        expect(ask(`http://${host}/`)).toBe(table.find(address) === true ? 'DIRECT' : WAY);
      }),
    );
  });

  test('it is total on any bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), fc.string({ unit: anyCharacter }), (url, host) => {
        expect(['DIRECT', WAY]).toContain(find(url, host));
        expect(['DIRECT', WAY]).toContain(find(`http:${url}`, host));
      }),
    );
  });
});

describe('what the configuration may say', () => {
  const faults = (pac: unknown): string[] => {
    const loaded = parseConfig(JSON.stringify({ admin: { pac } }), 'f.yaml', {});
    return loaded.ok ? [] : loaded.faults.map(formatDiagnostic);
  };

  test('host names, addresses and ports, in any case', () => {
    const loaded = parseConfig(
      JSON.stringify({
        admin: {
          pac: {
            proxies: ['Proxy.ISP.example:3128', '192.0.2.1:80', '[2001:DB8::1]:65535'],
            failOver: 'direct',
            direct: ['Intranet.Example', '*.ISP.example'],
          },
        },
      }),
      'f.yaml',
      {},
    );
    expect(loaded).toMatchObject({
      ok: true,
      config: {
        pac: {
          proxies: ['proxy.isp.example:3128', '192.0.2.1:80', '[2001:db8::1]:65535'],
          direct: ['intranet.example', '*.isp.example'],
        },
      },
    });
  });

  test('who answers for unfiltered pages is not left open', () => {
    expect(faults({ proxies: ['a.example:1'] })).toEqual([expect.stringContaining('admin.pac.failOver: is required')]);
  });

  test.each([
    'proxy.isp.example',
    'proxy.isp.example:0',
    'proxy.isp.example:65536',
    'http://proxy.isp.example:3128',
    'a.example:1; DIRECT',
    'a.example:1"; alert(1); "',
    'a b:1',
    '[::1:3128',
    '[192.0.2.1]:3128',
    '*.isp.example:3128',
    ':3128',
    '',
    3128,
  ])('proxies: %j is refused', (place) => {
    expect(faults({ proxies: [place], failOver: 'none' })).toEqual([
      expect.stringMatching(/admin\.pac\.proxies\[0\]: must be the address of a proxy like /),
    ]);
  });

  test.each(['*', '*.', '*.*.example', 'a"b.example', '*isp.example', '192.0.2.1', 'a.example/', '</script>', 7])(
    'direct: %j is refused',
    (host) => {
      expect(faults({ proxies: ['a.example:1'], failOver: 'none', direct: [host] })).toEqual([
        expect.stringMatching(/admin\.pac\.direct\[0\]: must be a host like /),
      ]);
    },
  );

  test('whatever passes is ASCII, and a name and nothing else in the file', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 30 }), (text) => {
        for (const pac of [
          { proxies: [text], failOver: 'none' },
          { proxies: ['a.example:1'], failOver: 'none', direct: [text] },
        ]) {
          const loaded = parseConfig(JSON.stringify({ admin: { pac } }), 'f.yaml', {});
          if (!loaded.ok || loaded.config.pac === null) continue;
          const file = pacFile(loaded.config.pac);
          expect(file).toMatch(/^[\n -~]*$/);
          expect(file.split('\n')).toHaveLength(pacFile(TERMS).split('\n').length);
        }
      }),
    );
  });
});
