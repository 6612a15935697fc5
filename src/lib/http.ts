/**
 * Node's HTTP server and client. `import` of `node:http` evaluates each of its exports, and two of them load the whole of Node's other client
 * (undici): 28 ms of CPU and 5 MB at each start. It must not add anything to them.
 */
export const { createServer, get } = process.getBuiltinModule('node:http');
