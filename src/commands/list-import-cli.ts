/** The command line of `cleanfeed list import`, which has more options than its family together. It must not hold any logic of a command. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { IMPORT_NAMES } from '../lib/list-formats.ts';
import { collected, JSON_OUT } from './cli-options.ts';
import type { Done } from './cli-options.ts';
import type { ListImportOptions } from './list-import-options.ts';

/** It is as long as the list of options. */
export function addImport(list: Command, done: Done): void {
  list
    .command('import')
    .description(
      "make a text list of another tool's list; says line by line what it does not carry over: what no entry says, and what the gate would refuse",
    )
    .argument('<file>', '- for standard input')
    .addOption(new Option('--from <format>', 'its format').choices(IMPORT_NAMES).makeOptionMandatory())
    .requiredOption('-o, --output <file>', 'the text list')
    .option(
      '--match <kind>',
      'what its lines are: dns, url (adblock); dstdomain, url_regex … (squid); domains, urls, expressions (squidguard); str, beg … (haproxy)',
    )
    .option('--sample <what>', 'what HAProxy compares: host (without a port), hdr (as it came), base')
    .option('--value <value>', 'a value of the map that refuses; may be given more than once (haproxy)', collected)
    .option('--ignore-case', 'the ACL has -i (haproxy)')
    .option('--column <column>', 'the column that has the addresses: its number, or its name in the first row (csv)')
    .option('--separator <character>', 'between columns, or tab (csv; default: comma)')
    .option('--subdomains', 'a name stands for its subdomains too (domains, csv)')
    .option(
      '--sink <address>',
      'where refused names are sent to beside 0.0.0.0 and this machine; may be given more than once (hosts, dnsmasq, unbound, rpz, adblock)',
      collected,
    )
    .option('--dns', 'entries of whole hosts may be enforced by DNS too')
    .option('--steer', 'names of all its hosts may lead customers to the filter (steered listeners, DNS, routes)')
    .option('--allow <file>', 'write exceptions to this allow list; with --expires')
    .option('--expires <day>', 'the last day of its entries, YYYY-MM-DD')
    .option('--no-exceptions', 'ignore exceptions: the list refuses what they let pass')
    .addOption(
      new Option(
        '--suffixes <policy>',
        'what becomes of an entry that covers a public suffix: left out, or carried over',
      )
        .choices(['refuse', 'warn'])
        .default('refuse'),
    )
    .option('--protected <file>', 'hosts that no list may cover, beside the shipped ones (as gate.protected)')
    .option('--canaries <file>', 'addresses that the list must not match (as gate.canaries)')
    .option('--strict', 'write nothing unless all of it can be carried over')
    .option(...JSON_OUT)
    .option('--all', 'name every line; otherwise at most 100 for each reason')
    .action(async (file: string, options: ListImportOptions) => {
      const { listImport } = await import('./list-import.ts');
      done(await listImport(file, options));
    });
}
