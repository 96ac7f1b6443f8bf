// SPDX-License-Identifier: Apache-2.0
// Names of the files that agent, worker and command line share.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export const DEFAULT_STATE_DIR = "/var/lib/portcullis";

// A unix socket's path, NUL included, must fit into sockaddr_un.
const SOCKET_PATH_MAX = 107;

export interface StatePaths {
  readonly dir: string;
  readonly agentLock: string;
  readonly agentSocket: string;
  readonly control: string;
  readonly lastGood: string;
  readonly previousGood: string;
  readonly workerLock: string;
  readonly workerSocket: string;
  readonly workerLog: string;
  /** Of the worker pod's first process. */
  readonly launcherSocket: string;
  /** What that one starts without an agent. */
  readonly launch: string;
  /** Written by the worker: what it finds its own devices by. */
  readonly instance: string;
  /** State file in ordinary memory. */
  readonly state: string;
  /** Names the state file when it lies on hugetlbfs. */
  readonly statePointer: string;
  /** Names the state file, in pages of another size, whose contents the next worker takes over. */
  readonly stateBefore: string;
}

export function statePaths(stateDir: string): StatePaths {
  const dir = resolve(stateDir);
  const at = (name: string): string => join(dir, name);
  return {
    dir,
    agentLock: at("agent.lock"),
    agentSocket: at("agent.sock"),
    control: at("control"),
    lastGood: at("last-good"),
    previousGood: at("previous-good"),
    workerLock: at("worker.lock"),
    workerSocket: at("worker.sock"),
    workerLog: at("worker.log"),
    launcherSocket: at("launcher.sock"),
    launch: at("launch"),
    instance: at("instance"),
    state: at("state"),
    statePointer: at("state.path"),
    stateBefore: at("state.before"),
  };
}

/** The longest state directory whose sockets still have a valid address, or null when this one is fine. */
export function socketPathProblem(paths: StatePaths): string | null {
  const longest = Math.max(...[paths.agentSocket, paths.workerSocket, paths.launcherSocket].map((path) => Buffer.byteLength(path)));
  if (longest <= SOCKET_PATH_MAX) return null;
  return `the state directory ${paths.dir} is too long for unix sockets by ${longest - SOCKET_PATH_MAX} bytes: choose a shorter one`;
}

/** The folder that holds package.json: the same from the sources and from dist/. */
export function packageRoot(): string {
  let dir = __dirname;
  while (!existsSync(join(dir, "package.json"))) {
    const up = dirname(dir);
    if (up === dir) throw new Error(`no package.json above ${__dirname}`);
    dir = up;
  }
  return dir;
}

function built(variable: string, name: string, part = name.replace("portcullis-", "")): string {
  const set = process.env[variable];
  if (set !== undefined && set !== "") return resolve(set);
  const folder = join(packageRoot(), "build", "worker");
  const inFolder = join(folder, part, name); // meson builds below the source's folder
  return existsSync(inFolder) ? inFolder : join(folder, name);
}

export const libraryPath = (): string => built("PORTCULLIS_LIB", "libportcullis-shm.so");
export const workerPath = (): string => built("PORTCULLIS_WORKER", "portcullis-worker");
export const launcherPath = (): string => built("PORTCULLIS_LAUNCHER", "portcullis-launcher", "launch");
export const replayPath = (): string => built("PORTCULLIS_REPLAY", "portcullis-replay");
