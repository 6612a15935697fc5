/**
 * Names of the formats that `list import` reads, apart from their readers: the command line and messages name them without loading those.
 * It must not import a reader.
 */

export const IMPORT_NAMES = [
  'hosts',
  'domains',
  'adblock',
  'rpz',
  'dnsmasq',
  'unbound',
  'squid',
  'squidguard',
  'haproxy',
  'csv',
] as const;

export type ImportFrom = (typeof IMPORT_NAMES)[number];
