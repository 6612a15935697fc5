/**
 * `cleanfeed check --host`: what this machine lacks for the modes that a configuration uses, at the keys that need it. What must be had to start at
 * all (koffi, a capability, an address) is asked of the same code that `serve` asks. It changes nothing.
 * It must not change anything on the machine.
 */
import { diagnosticAt, inOrder } from '../config/diagnostic.ts';
import type { ConfigDiagnostic, KeyPath } from '../config/diagnostic.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { machineFaults } from '../machine/machine-faults.ts';
import { privilegeWarnings } from '../machine/privileges.ts';
import { viewOfMachine } from '../machine/view.ts';
import { loadNativeSockets } from '../lib/native-sockets.ts';
import { descriptorLimit } from '../workers/descriptor-watch.ts';
import { fitToDescriptors } from '../workers/descriptor-budget.ts';
import { InheritedSockets } from '../workers/inherited-sockets.ts';
import { nativeFaults } from '../workers/native-needs.ts';

type Loaded = Extract<LoadedConfig, { readonly ok: true }>;

interface MachineFault {
  readonly path: KeyPath;
  readonly message: string;
}

interface MachineFindings {
  readonly faults: readonly ConfigDiagnostic[];
  /** What this process does not lack, and a service may, in words. */
  readonly warnings: readonly string[];
}

export async function checkMachine(file: string, { config, locate }: Loaded): Promise<MachineFindings> {
  const [view, native] = await Promise.all([viewOfMachine(), loadNativeSockets()]);
  const faults = [
    ...machineFaults(config, view),
    ...nativeFaults(config, InheritedSockets.NONE, native).map(atKey),
    ...descriptorFaults(config),
  ];
  return {
    faults: inOrder(faults.map(({ path, message }) => diagnosticAt(file, locate(path), path, message))),
    warnings: privilegeWarnings(config, view),
  };
}

/** `listeners[0].source: words` */
function atKey(text: string): MachineFault {
  const colon = text.indexOf(': ');
  const parts = text.slice(0, colon).match(/[^.[\]]+/g) ?? [];
  return {
    path: parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
    message: text.slice(colon + 2),
  };
}

function descriptorFaults(config: Config): MachineFault[] {
  const { limit, required, lowered } = fitToDescriptors(config, descriptorLimit()).budget;
  if (!lowered || limit === null) return [];
  const message = `this process may open ${limit} files, and with as many clients it may need ${required}: LimitNOFILE=${required} in its unit, or fewer connections`;
  return [{ path: ['limits', 'connections'], message }];
}
