/** Lua scripts for wrk: which requests, and at which pace. */

/** A few fields every client sends; the same for every request of every peer. */
const COMMON_FIELDS = { 'User-Agent': 'bench/1.0', Accept: '*/*' } as const;
/** Begins the line that wrk prints its counts on. */
export const RESULT_MARK = 'bench-result ';
const FIELDS = '{"requests":%d,"us":%d,"p50":%d,"p99":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}';

/** The same GET again and again. */
export function fixedRequestScript(host: string, path: string, fields: Readonly<Record<string, string>> = {}): string {
  return `wrk.method = "GET"
wrk.path = "http://${host}${path}"
${headerLines({ Host: host, ...COMMON_FIELDS, ...fields })}
${doneFunction()}`;
}

/** The same request again and again, byte for byte: order and case of the fields are those of `head`. */
export function rawRequestScript(head: string): string {
  return `local head = ${JSON.stringify(head)}
function request()
  return head
end
${doneFunction()}`;
}

/** The same POST with a body of so many bytes again and again. */
export function uploadScript(
  host: string,
  path: string,
  bytes: number,
  fields: Readonly<Record<string, string>> = {},
): string {
  return `wrk.method = "POST"
wrk.path = "http://${host}${path}"
wrk.body = string.rep("x", ${bytes})
${headerLines({ Host: host, ...COMMON_FIELDS, 'Content-Type': 'application/octet-stream', ...fields })}
${doneFunction()}`;
}

/**
 * A pace for any of these: each connection thinks between answer and next request, exponentially distributed around
 * `meanMs`, so that many connections together come near to a Poisson stream. It is still a closed loop: a proxy that stalls
 * is asked less meanwhile.
 */
export function thinking(script: string, meanMs: number): string {
  return `${script}
math.randomseed(2008)
function delay()
  return math.floor(${meanMs} * -math.log(1 - math.random()) + 0.5)
end
`;
}

/** One GET for each host in turn; every `perConnection`-th asks to close the connection. */
export function manyHostsScript(hosts: readonly string[], path: string, perConnection: number): string {
  return `local hosts = { ${hosts.map((host) => `"${host}"`).join(', ')} }
local requests = {}
local next = 0
function init(args)
  for i, host in ipairs(hosts) do
    local headers = { Host = host, ["User-Agent"] = "${COMMON_FIELDS['User-Agent']}", Accept = "${COMMON_FIELDS.Accept}" }
    if i % ${perConnection} == 0 then headers["Connection"] = "close" end
    requests[i] = wrk.format("GET", "http://" .. host .. "${path}", headers)
  end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
${doneFunction()}`;
}

function headerLines(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
    .join('\n');
}

function doneFunction(): string {
  return `function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('${RESULT_MARK}${FIELDS}\\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
`;
}
