// SPDX-License-Identifier: Apache-2.0
// The state directory: made, locked, and what lies in it removed again.
import { randomBytes } from "node:crypto";
import { accessSync, closeSync, constants, existsSync, fstatSync, mkdirSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Problem } from "../problem";
import { lockFile, SegmentError } from "../shm/segment";
import type { HostFacts } from "./facts";
import { socketPathProblem, type StatePaths } from "./paths";

/** Makes the directory when absent and takes its lock. made: this call created it. */
export function claimStateDir(paths: StatePaths): { made: boolean; release(): void } {
  const long = socketPathProblem(paths);
  if (long !== null) throw new Problem("StateDirectoryUnusable", long);
  const made = !existsSync(paths.dir);
  try {
    accessSync(nearestFolder(paths.dir), constants.W_OK); // mkdir alone hides a read-only file system behind ENOENT
    mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(paths.dir, error as NodeJS.ErrnoException);
  }
  if (!statSync(paths.dir).isDirectory()) throw new Problem("StateDirectoryUnusable", `the state directory ${paths.dir} is no directory`);
  const fd = takeLock(paths);
  return {
    made,
    release: () => {
      rmSync(paths.agentLock, { force: true });
      closeSync(fd);
    },
  };
}

/** The folder itself or the nearest one above it that exists. */
function nearestFolder(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function takeLock(paths: StatePaths): number {
  for (;;) {
    const lock = tryLock(paths);
    if (lock.fd < 0) {
      const who = lock.holder === 0 ? "another agent" : `another agent (pid ${lock.holder})`;
      throw new Problem("StateDirectoryInUse", `${who} runs on the state directory ${paths.dir}: stop it, or choose another --state-dir`);
    }
    if (isFile(lock.fd, paths.agentLock)) return lock.fd;
    closeSync(lock.fd); // its last holder removed it meanwhile
  }
}

function tryLock(paths: StatePaths): { fd: number; holder: number } {
  try {
    return lockFile(paths.agentLock);
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error;
    throw new Problem(error.errno === 13 ? "PermissionDenied" : "StateDirectoryUnusable",
      `the state directory ${paths.dir} cannot be used: ${error.message}${error.errno === 30 ? "; choose another --state-dir" : ""}`, "", error);
  }
}

function isFile(fd: number, path: string): boolean {
  const present = statSync(path, { throwIfNoEntry: false });
  return present !== undefined && present.ino === fstatSync(fd).ino;
}

function unusable(dir: string, error: NodeJS.ErrnoException): Problem {
  if (error.code === "EACCES" || error.code === "EPERM")
    return new Problem("PermissionDenied", `the state directory ${dir} cannot be written: run as root, or choose another --state-dir`, "", error);
  if (error.code === "EROFS") return new Problem("StateDirectoryUnusable", `the state directory ${dir} lies on a read-only file system: choose another --state-dir`, "", error);
  if (error.code === "ENOTDIR" || error.code === "EEXIST") return new Problem("StateDirectoryUnusable", `the state directory ${dir} is no directory: choose another --state-dir`, "", error);
  return new Problem("StateDirectoryUnusable", `the state directory ${dir} cannot be made: ${error.message}`, "", error);
}

/** Where the state file lies: beside the rest in ordinary memory, on hugetlbfs under a name of its own otherwise. */
export function chooseStatePath(paths: StatePaths, pageBytes: number, facts: HostFacts): string {
  if (pageBytes === 4096) return paths.state;
  const mount = facts.hugetlbfs.get(pageBytes);
  if (mount === undefined) throw new Problem("HugepagesInsufficient", `no hugetlbfs with pages of ${pageBytes} bytes is mounted`, "spec.dataplane.memory.pageSize");
  const present = readPointer(paths);
  if (present !== null && dirname(present) === mount) return present;
  const chosen = join(mount, `portcullis-${randomBytes(8).toString("hex")}`);
  writeFileSync(paths.statePointer, `${chosen}\n`, { mode: 0o600 });
  return chosen;
}

export function readPointer(paths: StatePaths): string | null {
  return readPath(paths.statePointer);
}

function readPath(file: string): string | null {
  try {
    const text = readFileSync(file, "utf8").trim();
    return text === "" ? null : text;
  } catch {
    return null;
  }
}

/** Path of the state file that exists now, whichever kind it is. */
export function presentStateFile(paths: StatePaths): string | null {
  return [readPointer(paths), paths.state, readPath(paths.stateBefore)].find((path) => path !== null && existsSync(path)) ?? null;
}

/** The worker that is started next has its state at `next`; what lies at `present` it takes over, and removes. */
export function handStateOn(paths: StatePaths, present: string | null, next: string): void {
  if (present === null || present === next) rmSync(paths.stateBefore, { force: true });
  else writeFileSync(paths.stateBefore, `${present}\n`, { mode: 0o600 });
}

/** Everything that a state file is, or was, in. */
function stateFiles(paths: StatePaths): string[] {
  const named = [readPointer(paths), readPath(paths.stateBefore)].filter((path) => path !== null);
  return [...named, paths.state, paths.statePointer, paths.stateBefore];
}

export function fileSize(path: string | null): number {
  return path === null ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
}

/**
 * Removes what only a running firewall needs; hugepages of the state file go back to the machine. cleanEnd: the worker
 * removed its devices itself, so the name that it finds them by is not needed any more.
 */
export function removeRuntimeFiles(paths: StatePaths, cleanEnd: boolean): void {
  const files = [...stateFiles(paths), paths.control, paths.workerSocket, paths.workerLock, paths.agentSocket];
  if (cleanEnd) files.push(paths.instance);
  for (const file of files) rmSync(file, { force: true });
}

/** Removes what the worker leaves for its successor, when none is to come. */
export function removeWorkerFiles(paths: StatePaths): void {
  for (const file of [...stateFiles(paths), paths.control, paths.launch]) rmSync(file, { force: true });
}

/** Removes the directory when nothing is left in it. */
export function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // not empty: it holds a program for the next start
  }
}
