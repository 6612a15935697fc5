/**
 * Node's HTTP server and client. `import` of `node:http` evaluates each of its exports, and two of them load the whole of Node's other client
 * (undici): some 35 ms of CPU and 16 MB at each start. It must not add anything to them.
 */
export const { createServer, get } = process.getBuiltinModule('node:http');
