/** A real dnsdist before a name server of the test's own, which it tells of each client in a PROXY header. */
import { runListening, type ListeningProgram } from './listening-program.ts';

/** `backend`: a port on 127.0.0.1. @returns it listens on 127.0.0.1, UDP and TCP. */
export async function startDnsdist(backend: number): Promise<ListeningProgram> {
  const configuration = (port: number): string =>
    [
      `setLocal("127.0.0.1:${port}")`,
      `newServer({ address = "127.0.0.1:${backend}", useProxyProtocol = true, healthCheckMode = "up" })`,
      'addAction(AllRule(), SetProxyProtocolValuesAction({ [42] = "a value" }))',
      'setSecurityPollSuffix("")',
      '',
    ].join('\n');
  const args = (file: string): string[] => ['--supervised', '--disable-syslog', '-C', file];
  return await runListening({ name: 'dnsdist', configuration, args });
}
