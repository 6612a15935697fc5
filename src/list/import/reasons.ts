/**
 * Why something of another tool's list is not carried over, and how what is carried over may cover less than there. A code stays as it is
 * between releases (docs/migration.md has the table). The words must not quote the line they are about.
 */

export const LEFT_REASONS = {
  regex: 'a regular expression; nothing is searched for here',
  pattern: 'a pattern that is searched for in the whole address; an entry here begins with a host',
  conditions: 'it holds only under conditions (kind of request, page, client, record type) that no entry here has',
  badfilter: 'it takes a rule of the file back; what that rule refuses is not carried over',
  cosmetic: 'it changes what a page shows, and refuses no request',
  other_answer:
    'the name is given another address there, and is not refused; name that address with --sink if it is where refused names are sent',
  own_machine: 'a name or address of the machine itself',
  below_only:
    'it covers subdomains without the name itself; here an entry that covers them covers the name too (--subdomains says that this is meant, in files of names and tables)',
  longer_name:
    'a longer name of the zone takes itself, and what is below it, out of this wildcard, and the zone does not refuse both (`name` and `*.name`); an entry here would cover them too',
  ipv6_only: 'only its IPv6 address is taken away there; here an entry refuses the whole host',
  leading_dot:
    'a leading dot means different things to different tools; with --subdomains it is the name and all below it',
  any_host: 'a path on any host; an entry here names its host',
  part_of_name: 'a part of a name; an entry here names a whole host',
  trigger:
    'it is about addresses or name servers of the answer, or about clients; an entry here names what is asked for',
  network: 'a network; networks cannot be listed, single addresses can',
  setting: 'a setting that names no address to refuse',
  other_file: 'it names another file; import that one by itself',
  some_clients: 'it holds for some clients only',
  value: "the map's value decides what becomes of it; name the value that refuses with --value",
  scheme: 'it holds for one scheme; an entry here holds for http and https',
  port: 'it names a port that the tool does not compare as an entry here does',
  no_effect: 'the tool itself never matches it as it is written',
  other_spelling:
    'the tool compares letter by letter, and an entry here would cover other spellings of the path too (escapes, dots, slashes)',
  exception: 'an exception; --allow FILE --expires DATE writes it to an allow list',
  exception_inexact: 'an exception that no entry of an allow list covers exactly',
  excepted: 'an exception of the file, which is not carried over, lets some of it pass',
  bad_line: 'not a line of this format',
  configuration: 'a line of the configuration of the tool, and of no list',
  not_a_name: 'not a name that can be listed',
  not_an_address: 'not an address that can be listed',
  no_cell: 'the row has no such column, or nothing in it',
  public_suffix: 'it covers a public suffix, below which others have their names; --suffixes warn carries it over',
  protected_host:
    'it covers a host that no list may cover, so that the gate would refuse the list; --protected FILE with !HOST takes a host out',
  canary: 'it matches an address of --canaries FILE, so that the gate would refuse the list',
  too_long: 'the line, or the record, is too long',
  not_text: 'the line is not UTF-8, or has control characters',
  cut_off:
    'the file does not end with a newline, so that this line may be the first part of a longer one; end it with one if it is complete',
  unfinished: 'the file ends inside a record',
} as const;

export type LeftReason = keyof typeof LEFT_REASONS;

export const NOTES = {
  prefix:
    'there it covers every address that begins like this; here that address, with any query, and what is below it',
  prefix_host: 'there it covers every host that begins like this; here that host',
  suffix_host: 'there it covers every host that ends like this; here the name and its subdomains',
  infix_host: 'there it covers every host that has these labels anywhere; here the name and its subdomains',
  server_names: 'there it covers the names www, www1, web, ftp … of the host too; here the host, and www',
  separator: 'there it covers the address before any separator; here with any query, and what is below it',
  root_page: 'some tools take it for the whole host, and others for its root page; here it is that page',
  own_redirect: 'its own redirect stays behind',
  by_address: 'there it covers every name with that address; here requests for the address itself',
} as const;

export type NoteCode = keyof typeof NOTES;
