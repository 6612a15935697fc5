/**
 * `cleanfeed demo` (`npm start`): the filter with a small list and an origin of its own, all on this machine.
 *
 * Standard output carries exactly three lines, commands to paste: one passes, one is refused, one reads the metrics.
 * They come when everything listens. It takes free ports where other programs have the usual ones (demo-ports.ts).
 * It must not listen where other machines could reach it.
 */
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { endpoint } from '../lib/errors.ts';
import type { Control } from '../workers/control-thread.ts';
import { startDemoOrigin } from './demo-origin.ts';
import { takenPlaces, takenText, withoutPlaces } from './demo-ports.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { explainFailure, runInstance } from './run-instance.ts';
import { printError, printErrors, print, shownPath, printFaults } from './terminal.ts';

const DEMO_CONFIG = fileURLToPath(new URL('../../config/demo.yaml', import.meta.url));

/** @param file another configuration with a key `demo`. */
export async function demo(file = DEMO_CONFIG): Promise<ExitCode> {
  const loaded = await loadConfig(file);
  if (!loaded.ok) {
    printFaults(loaded.faults);
    return EXIT.badConfig;
  }
  const taken = await takenPlaces(loaded.config);
  const config = withoutPlaces(loaded.config, taken);
  if (config.demo === null) {
    printError(`${file} has no key 'demo' that says where the demo's origin listens`);
    return EXIT.badConfig;
  }
  printErrors(taken.map((place) => `cleanfeed: ${takenText(place)}`));
  try {
    const origin = await startDemoOrigin(config.demo.origin);
    const exit = await runInstance(config, {
      whenReady: (control) => printDemoCommands(config, control, origin.port),
      adapted: (next) => withoutPlaces(next, taken),
    });
    await origin.close();
    return exit;
  } catch (error) {
    return explainFailure(error);
  }
}

function printDemoCommands(config: Config, control: Control, originPort: number): void {
  const proxy = endpoint(config.listeners[0]?.address ?? '', control.ports?.[0] ?? 0);
  const { viaProxy, direct } = curlCommands(process.env);
  const [list] = config.lists;
  printError(
    `the demo is running (Ctrl-C ends it). Lists may be edited meanwhile${list?.source.kind === 'file' ? `: ${shownPath(list.source.path)}` : ''}`,
  );
  printError('the first command shows a page, the second is refused, the third reads the metrics:');
  print(`${viaProxy} -x http://${proxy} http://origin.localhost:${originPort}/hello.html`);
  print(`${viaProxy} -x http://${proxy} http://origin.localhost:${originPort}/listed.html`);
  print(`${direct} http://${endpoint(control.admin.address, control.admin.port)}/metrics`);
}

/** Curl that neither `no_proxy` leads past the demo (origin.localhost) nor `http_proxy` to somebody else's proxy. */
function curlCommands(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<'viaProxy' | 'direct', string>> {
  const isSet = (...names: readonly string[]): boolean => names.some((name) => (environment[name] ?? '') !== '');
  return {
    viaProxy: isSet('no_proxy', 'NO_PROXY') ? "curl --noproxy ''" : 'curl',
    direct: isSet('http_proxy', 'all_proxy', 'ALL_PROXY') ? "curl --noproxy '*'" : 'curl',
  };
}
