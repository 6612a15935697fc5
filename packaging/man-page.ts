/**
 * The man page, from what the program says of itself: `--help` of every command, one after the other (mdoc(7)). It must not say anything of a command that
 * the program does not say.
 *
 *   man-page.ts SECONDS       the date of the page, in seconds since 1970, UTC; the page goes to standard output
 */
import type { Command } from 'commander';
import { commandTree } from '../src/commands/command-tree.ts';
import { VERSION } from '../src/lib/version.ts';

const [seconds = ''] = process.argv.slice(2);
const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 10);

const COLUMNS = 78;

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
    getOutHelpWidth: () => COLUMNS,
  });
  command.outputHelp();
  return help;
}

/** Every command that does something, and its words. */
function commandsBelow(
  command: Command,
  words: readonly string[],
): readonly { readonly command: Command; readonly words: string }[] {
  const below = command.commands.filter((one) => one.name() !== 'help');
  if (below.length === 0) return [{ command, words: words.join(' ') }];
  return below.flatMap((one) => commandsBelow(one, [...words, one.name()]));
}

/** Lines of text as roff takes them literally. */
function literal(text: string): string {
  const lines = text
    .trimEnd()
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .split('\n');
  return `.Bd -literal\n${lines.map((line) => (/^[.']/.test(line) ? String.raw`\&` + line : line)).join('\n')}\n.Ed\n`;
}

const program = commandTree(VERSION, () => {});
const sections = commandsBelow(program, []).map(
  ({ command, words }) => `.Ss cleanfeed ${words}\n${literal(helpOf(command))}`,
);

process.stdout.write(
  String.raw`.Dd ${date}
.Dt CLEANFEED 1
.Os Cleanfeed ${VERSION}
.Sh NAME
.Nm cleanfeed
.Nd refuses listed URLs, leaves everything else untouched
.Sh SYNOPSIS
.Nm
.Ar command
.Op Ar options
.Sh DESCRIPTION
The filter an ISP puts in front of its customers, and the tools of the clearing house that supplies its lists.
`.concat(
    literal(helpOf(program)),
    '.Sh COMMANDS\n',
    ...sections,
    String.raw`.Sh FILES
.Bl -tag -width Ds
.It Pa /etc/cleanfeed/cleanfeed.yaml
The configuration that the service reads.
.It Pa /var/lib/cleanfeed
Last good copies of lists, counters of the report, the control socket.
.It Pa /usr/share/doc/cleanfeed/docs
The guides; start with
.Pa operations.md .
.El
`,
  ),
);
