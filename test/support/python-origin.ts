/**
 * Python's `http.server` as origin, with connections that are kept: it reads no request body, so what is in one is its
 * next request. Every path is answered with its own name; each request line it has read can be asked for.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.ts';
import { programPath } from './program-path.ts';
import { setUpOf } from './inconclusive.ts';
import type { Begin } from './inconclusive.ts';

export interface PythonOrigin extends AsyncDisposable {
  readonly port: number;
  /** Request lines in the order they were read, over all connections. */
  readonly requests: readonly string[];
}

const PROGRAM = `
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = -1
    def answer(self):
        body = ('page ' + self.path).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_FOO = answer
    def log_message(self, format, *words):
        print(self.requestline, flush=True)
class Server(ThreadingHTTPServer):
    daemon_threads = True
server = Server(('127.0.0.1', 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
`;

export async function startPythonOrigin(): Promise<PythonOrigin> {
  return await setUpOf('python3', pythonOrigin);
}

async function pythonOrigin(begin: Begin): Promise<PythonOrigin> {
  const program = programPath('python3');
  if (program === null) throw new Error('python3 is not installed; .ci/run installs it');
  const child = begin(spawn(program, ['-c', PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] }));
  const exited = once(child, 'exit');
  let [said, complaints] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  await eventually('Python listens', () => child.exitCode !== null || said.includes('\n'));
  if (child.exitCode !== null) throw new Error(`python3 ended: ${complaints}`);
  return {
    port: Number(said.split('\n', 1)[0]),
    get requests() {
      return said.split('\n').slice(1, -1);
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
