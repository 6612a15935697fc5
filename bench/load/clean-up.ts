/** Ends what a bench leaves: a signal becomes an exit, and every exit ends what is left of its processes and its folder. */
import { killAll } from './processes.ts';
import type { Workspace } from './workspace.ts';

export function cleanUpAtExit(workspace: Workspace): void {
  process.on('exit', () => {
    killAll();
    workspace.remove();
  });
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  process.on('SIGHUP', () => process.exit(129));
  // The npm script that started us is gone (kill -9). The channel itself must not keep us alive.
  process.on('disconnect', () => process.exit(1));
  process.channel?.unref();
}
