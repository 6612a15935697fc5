/**
 * The head with which Chromium 156 asks a proxy for an image of a page, fourteen fields and about 1.4 KB: recorded from the
 * browser, which had visited `http://shop.localhost/` and got seven cookies there, of the kinds that shops set. Host and
 * path are given; the values of the cookies are made up anew, in the lengths that were recorded.
 */
import { seededInteger, seededRandom } from './seeded-random.ts';

const SEED = 156;

export function browserHead(host: string, path: string): string {
  const lines = [
    `GET http://${host}${path} HTTP/1.1`,
    `Host: ${host}`,
    'Proxy-Connection: keep-alive',
    'sec-ch-ua-platform: "Linux"',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36',
    'sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"',
    'sec-ch-ua-mobile: ?0',
    'Accept: image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: no-cors',
    'Sec-Fetch-Dest: image',
    `Referer: http://${host}/catalogue/page.html`,
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: fr-CA,fr;q=0.9,en-US;q=0.8,en;q=0.7',
    `Cookie: ${cookies()}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function cookies(): string {
  const random = seededRandom(SEED);
  const digits = (length: number): string =>
    Array.from({ length }, () => seededInteger(random, 16).toString(16)).join('');
  return [
    `session=${digits(128)}`,
    'visitor=GA1.1.1482063957.1764081234',
    `consent=v2.${digits(288)}`,
    `cart=${digits(96)}`,
    'theme=dark',
    `ab=${digits(64)}`,
    `csrf=${digits(64)}`,
  ].join('; ');
}
