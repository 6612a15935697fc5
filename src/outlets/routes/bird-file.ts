/**
 * The include file for BIRD 2: one static protocol a family, in tables of their own (`steer4`, `steer6`), so that no other protocol has the
 * routes that was not told so. Each carries NO_EXPORT (RFC 1997) and the operator's community, if there is one.
 *
 *   addresses ─▶ protocol static cleanfeed_steer4 { ipv4 { table steer4; }; route 203.0.113.10/32 blackhole { … }; … }
 *
 * Pure: addresses in, text out. It must not know why an address is steered.
 */

const HEAD =
  '# Written by Cleanfeed, and written again with each change: do not edit. docs/steering.md says what it is for.\n';
const NO_EXPORT = '(65535, 65281)';

/** The same addresses give the same text, in whatever order they come. */
export function birdFile(addresses: Iterable<string>, community: readonly [number, number] | null): string {
  const sorted = [...addresses].toSorted();
  const own = community === null ? '' : ` bgp_community.add((${community.join(', ')}));`;
  const attributes = `{ bgp_community.add(${NO_EXPORT});${own} }`;
  const protocol = (family: 4 | 6): string => {
    const routes = sorted
      .filter((address) => address.includes(':') === (family === 6))
      .map((address) => `\troute ${address}/${family === 4 ? 32 : 128} blackhole ${attributes};\n`);
    return `protocol static cleanfeed_steer${family} {\n\tipv${family} { table steer${family}; };\n${routes.join('')}}\n`;
  };
  return `${HEAD}${protocol(4)}${protocol(6)}`;
}
