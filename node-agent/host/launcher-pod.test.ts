// SPDX-License-Identifier: Apache-2.0
// The agent's client against the real launcher, which starts a script in place of the worker.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog } from "../log";
import { launcherPath, libraryPath, statePaths, type StatePaths } from "./paths";
import { loadLibrary } from "../shm/segment";
import { optionValue, readArgs, type Ended, type WorkerProcess } from "./launcher";
import { PodLauncher, podFacts } from "./launcher-pod";
import { LauncherLink, type LauncherState } from "./launcher-link";
import { hostFacts, parseCoreList } from "./facts";
import type { WorkerArgs } from "./preflight";

const WORKER = `#!/bin/sh
trap 'echo kept; exit 0' USR1
trap 'echo removed; exit 0' TERM
echo "started $*"
[ -e "$2/broken" ] && exit 3
while :; do sleep 0.02; done
`;

async function until<T>(what: string, probe: () => T | undefined | null | false): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const value = probe();
    if (value !== undefined && value !== null && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${what}: not within 20 s`);
}

describe("a worker under the launcher", function () {
  this.timeout(60_000);
  let folder = "";
  let paths: StatePaths;
  let launcher: ChildProcess;
  let pod: PodLauncher | null = null;
  const core = parseCoreList(/^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0")[0] ?? 0;
  const args: WorkerArgs = { cores: [core], memory: 1 << 28, pageSize: 4096, sessions4: 10, sessions6: 10, bindings: 10 };

  const launch = (more: NodeJS.ProcessEnv = {}): void => {
    launcher = spawn(launcherPath(), [], {
      env: { ...process.env, PORTCULLIS_STATE_DIR: folder, PORTCULLIS_WORKER: join(folder, "worker"), PORTCULLIS_CPUS: "1", ...more }, stdio: "ignore",
    });
  };
  const end = (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
      child.once("exit", (code) => { resolve(code); });
      child.kill(signal);
    });
  const open = async (): Promise<PodLauncher> => {
    pod = await PodLauncher.open(paths, makeLog());
    const opened = pod;
    await until("the launcher answers", () => opened.present);
    return opened;
  };
  const successor = (of: WorkerProcess, in_: PodLauncher): Promise<WorkerProcess> =>
    until("another worker runs", () => { const now = in_.running(); return now !== null && now.since !== of.since ? now : null; });
  const log = (): string => readFileSync(paths.workerLog, "utf8");
  const starts = (): number => (existsSync(paths.workerLog) ? (log().match(/^started/gm) ?? []).length : 0);
  const started = (times: number): Promise<boolean> => until(`it was started ${times} times`, () => starts() === times);

  before(() => { loadLibrary(libraryPath()); });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "portcullis-launcher-"));
    paths = statePaths(folder);
    writeFileSync(join(folder, "worker"), WORKER, { mode: 0o755 });
    launch();
  });
  afterEach(async () => {
    pod?.close();
    pod = null;
    await end(launcher, "SIGKILL");
    rmSync(folder, { recursive: true });
  });

  it("starts it, keeps its log, and says what the container was given", async () => {
    const host = await open();
    const facts = host.facts();
    assert.deepEqual(facts.coresAllowed, hostFacts(folder).coresAllowed);
    assert.equal(facts.capabilities, hostFacts(folder).capabilities);
    assert.deepEqual(facts.hugetlbfs, hostFacts(folder).hugetlbfs);
    assert.equal(facts.pod?.requestedCpus, 1);
    assert.equal(host.sameLayout, true);
    assert.equal(host.running(), null);
    const worker = await host.start(join(folder, "state"), args);
    assert.deepEqual(worker.args, args);
    assert.equal(worker.adopted, false);
    await until("its words are in the log", () => /started --state-dir .* --bindings 10\n/.test(log()));
    assert.equal(host.running(), worker);
  });

  it("starts it again at once, and tells how it ended", async () => {
    const host = await open();
    const first = await host.start(paths.state, args);
    process.kill(first.pid, "SIGKILL");
    assert.deepEqual(await first.ended, { code: null, signal: "SIGKILL" });
    const second = await successor(first, host);
    assert.deepEqual([second.args, second.adopted], [args, false]);
  });

  it("starts it again while no agent is there; the next agent adopts it", async () => {
    const host = await open();
    const first = await host.start(paths.state, args);
    await started(1); // a worker that is killed earlier says nothing
    host.close();
    await first.ended;
    process.kill(first.pid, "SIGKILL");
    await started(2);
    const adopted = (await open()).running();
    assert.equal(adopted?.adopted, true);
    assert.notEqual(adopted?.pid, first.pid);
  });

  it("keeps a paused one away until it is started, or its agent is gone", async () => {
    const host = await open();
    const first = await host.start(paths.state, args);
    await started(1);
    first.stop(true);
    assert.deepEqual(await first.ended, { code: 0, signal: null });
    assert.match(log(), /kept\n$/);
    await new LauncherLink(paths.launcherSocket).open(1_000); // another connection changes nothing
    assert.equal(host.running(), null);
    const second = await host.start(paths.state, { ...args, memory: 1 << 27 });
    assert.equal(second.args?.memory, 1 << 27);
    await started(2);
    second.stop(true);
    await second.ended;
    host.close();
    await started(3);
  });

  it("forgets one that was stopped for good", async () => {
    const host = await open();
    const worker = await host.start(paths.state, args);
    assert.equal(existsSync(paths.launch), true);
    await started(1);
    worker.stop(false);
    await worker.ended;
    assert.match(log(), /removed\n$/);
    assert.equal(existsSync(paths.launch), false);
    host.close();
    assert.equal((await open()).running(), null);
  });

  it("refuses a second worker beside another", async () => {
    const host = await open();
    await host.start(paths.state, args);
    await assert.rejects(host.start(paths.state, { ...args, bindings: 11 }), /a worker with other arguments runs/);
  });

  it("does not start a worker that dies at once again and again without a pause", async () => {
    const host = await open();
    writeFileSync(join(folder, "broken"), "");
    const worker = await host.start(paths.state, args);
    assert.deepEqual(await worker.ended, { code: 3, signal: null });
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.ok(starts() >= 2 && starts() <= 4, `${starts()} starts`);
    rmSync(join(folder, "broken"));
    const decided = await host.start(paths.state, args); // what the agent decides comes first
    assert.equal(host.running(), decided);
  });

  it("names a worker that cannot be started", async () => {
    await end(launcher, "SIGTERM");
    launch({ PORTCULLIS_WORKER: "/nowhere/portcullis-worker" });
    const host = await open();
    await assert.rejects(host.start(paths.state, args), /\/nowhere\/portcullis-worker cannot be started: No such file/);
  });

  it("leaves its sessions for the next pod, which starts it without an agent", async () => {
    const host = await open();
    const first = await host.start(paths.state, args);
    await started(1);
    const ended: Ended[] = [];
    void first.ended.then((how) => ended.push(how));
    assert.equal(await end(launcher, "SIGTERM"), 0);
    await until("the agent knows", () => ended.length === 1);
    assert.equal(ended[0]?.signal, "the end of its pod");
    assert.match(log(), /kept\n$/);
    await until("the connection has ended too", () => { try { host.facts(); } catch { return true; } return false; });
    assert.throws(() => host.facts(), /no worker pod answers/);
    assert.equal(host.present, false);
    launch();
    const second = await successor(first, host);
    assert.deepEqual(second.args, args);
  });

  it("takes the worker with it when it is killed, as a container does", async () => {
    const host = await open();
    const first = await host.start(paths.state, args);
    await end(launcher, "SIGKILL");
    await first.ended;
    await until("the worker is dead", () => !existsSync(`/proc/${first.pid}`) || readFileSync(`/proc/${first.pid}/stat`, "utf8").includes(") Z "));
    launch();
    await successor(first, host);
  });

  it("waits for the launcher of the pod before it", async () => {
    const host = await open();
    await host.start(paths.state, args);
    await started(1);
    const before = launcher;
    launch();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(starts(), 1);
    await end(before, "SIGTERM");
    await started(2);
  });

  it("gives the worker the CPUs of its new container", async () => {
    await end(launcher, "SIGTERM");
    const words = ["start", "--state-dir", folder, "--cores", "999"];
    writeFileSync(paths.launch, words.join("\t"));
    launch();
    const host = await open();
    const worker = await until("it runs", () => host.running());
    await started(1);
    assert.match(log(), new RegExp(`--cores ${hostFacts(folder).coresAllowed.at(-1)}\n`));
    assert.equal(worker.args, null);
  });

  it("is not upset by what is no command", async () => {
    const host = await open();
    const worker = await host.start(paths.state, args);
    for (const text of ["\n\n\t\n", "start\n", `${"x".repeat(20_000)}\n`, "\u0000\u0001\n", "start\t\u0007\n"]) {
      const socket = connect(paths.launcherSocket);
      socket.on("error", () => undefined);
      await new Promise<void>((resolve) => { socket.once("data", () => { resolve(); }); });
      await new Promise<void>((resolve) => { socket.on("close", resolve); socket.on("data", () => { socket.end(); }); socket.write(text); });
    }
    assert.equal(host.running(), worker);
  });

  it("is healthy only by signs of life of the datapath", async () => {
    const probe = (option: string): Promise<{ code: number | null; text: string }> =>
      new Promise((resolve) => {
        const child = spawn(launcherPath(), [option], { env: { ...process.env, PORTCULLIS_STATE_DIR: folder } });
        let text = "";
        child.stdout.on("data", (more: Buffer) => { text += more.toString(); });
        child.on("close", (code) => { resolve({ code, text }); });
      });
    const host = await open();
    assert.deepEqual(await probe("--healthy"), { code: 1, text: "no program is meant for this node yet\n" });
    assert.equal((await probe("--alive")).code, 0);
    await host.start(paths.state, args);
    assert.equal((await probe("--healthy")).code, 1); // a process, but no datapath
    assert.equal((await probe("--alive")).code, 0); // it may still be starting
    launcher.kill("SIGSTOP");
    assert.deepEqual(await probe("--alive"), { code: 1, text: "the launcher does not answer\n" });
  });
});

describe("facts of a worker pod", () => {
  const state = {
    boot: "b", version: "1", layout: "", done: 0, cpus: "2-3", requestedCpus: 2, exclusive: true, pinning: "Required", capabilities: "1000", tun: "Refused",
    memoryLimit: 5, hugetlbfs: [{ pageSize: 2097152, path: "/first" }, { pageSize: 2097152, path: "/second" }],
    hugepages: [{ pageSize: 2097152, limit: 100, used: 1 }, { pageSize: 1 << 30, limit: null, used: 0 }],
    wanted: false, leaving: false, worker: null, ended: null,
  } as const satisfies LauncherState;

  it("are those of the pod where they differ from the machine's", () => {
    const facts = podFacts(hostFacts("/nowhere"), state);
    assert.deepEqual([facts.coresAllowed, facts.capabilities, facts.tun, facts.memoryAvailable], [[2, 3], 4096n, "Refused", 5]);
    assert.deepEqual([...facts.hugetlbfs], [[2097152, "/first"]]);
    assert.deepEqual(facts.pod, { exclusive: true, pinning: true, requestedCpus: 2, hugepageLimits: new Map([[2097152, 100]]) });
  });

  it("read arguments back", () => {
    const words = ["--state", "/a b", "--cores", "1,2", "--memory", "1"];
    assert.equal(optionValue(words, "--state"), "/a b");
    assert.equal(readArgs(words), null);
  });
});
