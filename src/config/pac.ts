/**
 * The keys of `admin.pac`. What is read here is written into a file that browsers run: it holds names and addresses, and nothing else (pac-file.ts).
 * It must not write the file.
 */
import { listOf, mapping } from '../lib/shape.ts';
import { hostName, oneOf, said, taken } from './fields.ts';
import { parseIpAddress } from '../lib/prefix.ts';
import * as forms from './value-forms.ts';

const MAX_PROXIES = 8;
const MAX_DIRECT = 100;

/** `host:port` where browsers find the proxy; IPv6 in brackets. */
const proxy = () =>
  said(
    'the address of a proxy like proxy.isp.example:3128, 192.0.2.1:3128 or "[2001:db8::1]:3128"',
    forms.proxyForm,
    (value) => {
      const match = typeof value === 'string' ? /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(value) : null;
      const [, v6, name, digits] = match ?? [];
      const port = Number(digits);
      const isHost = v6 === undefined ? isNameOrIpv4(name ?? '') : parseIpAddress(v6)?.length === 16;
      return isHost && port >= 1 && port <= 65_535
        ? taken(`${v6 === undefined ? (name ?? '') : `[${v6}]`}:${port}`.toLowerCase())
        : null;
    },
  );

/** A host, or `*.` and a domain. */
const directHost = () =>
  said('a host like www.isp.example or "*.isp.example"', forms.directHostForm, (value) => {
    const text = typeof value === 'string' ? value : '';
    const name = hostName().parse(text.startsWith('*.') ? text.slice(2) : text);
    return name.ok ? taken(text.startsWith('*.') ? `*.${name.value}` : name.value) : null;
  });

export const pac = mapping({
  proxies: listOf(proxy()).min(1).max(MAX_PROXIES),
  failOver: oneOf('none', 'direct'),
  direct: listOf(directHost()).max(MAX_DIRECT).prefault([]),
});

function isNameOrIpv4(text: string): boolean {
  return parseIpAddress(text)?.length === 4 || hostName().parse(text).ok;
}
