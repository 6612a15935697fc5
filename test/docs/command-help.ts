/** What the command line says of itself. */
import { commandsInOneProcess } from '../commands/commands-in-one-process.ts';

const cleanfeed = commandsInOneProcess({ firstAlone: false, environment: { COLUMNS: '200' } });
const asked = new Map<string, Promise<string>>();
let names: Promise<readonly string[]> | null = null;

/** `command`: like `ctl bypass on`; empty: the program itself. */
export async function helpOf(command: string): Promise<string> {
  let help = asked.get(command);
  if (help === undefined) {
    const args = [...command.split(' ').filter((word) => word !== ''), '--help'];
    help = cleanfeed(args).then(({ stdout }) => stdout);
    asked.set(command, help);
  }
  return await help;
}

/** Every command that does something, like `ctl bypass on`. */
export async function commandNames(): Promise<readonly string[]> {
  names ??= namesBelow('');
  return await names;
}

async function namesBelow(command: string): Promise<string[]> {
  const [, section = ''] = (await helpOf(command)).split(/^Commands:\n/m);
  const below = [...section.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');
  if (below.length === 0) return [command];
  return (await Promise.all(below.map(async (name) => await namesBelow(`${command} ${name}`.trim())))).flat();
}
