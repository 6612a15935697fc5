/** Where networks of namespaces can be made. Runs and benches ask too, so nothing here is jest's. */
import { spawnSync } from 'node:child_process';

/** Programs that make them. */
export const NETWORK_PROGRAMS = ['ip', 'nft', 'unshare', 'nsenter', 'sysctl'];

/** Whether this user may, on this kernel. */
export function hasNetworks(): boolean {
  return spawnSync('unshare', ['--net', 'true']).status === 0;
}
