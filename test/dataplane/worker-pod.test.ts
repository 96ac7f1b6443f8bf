// SPDX-License-Identifier: Apache-2.0
// The worker under its launcher, as in its pod, and an agent that comes and goes. No cluster: who starts launchers here
// stands for kubelet.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { Agent } from "../../node-agent/agent";
import { launcherPath, statePaths, workerPath, type StatePaths } from "../../node-agent/host/paths";
import { PodLauncher } from "../../node-agent/host/launcher-pod";
import type { Loaded } from "../../node-agent/last-good";
import { makeLog } from "../../node-agent/log";
import { statusSnapshot } from "../../node-agent/snapshot";
import { compileText } from "../../node-agent/config-text";
import type { Policy } from "../../scripts/lab/firewall";
import { until, type Child } from "../../scripts/lab/lab";
import { config, configureHosts, grows, listening, openSite, OUTSIDE, type Site } from "./site";

const policies: Policy[] = [{ name: "out", from: ["inside"], to: ["outside"], applications: ["stream", "datagrams", "ping"], action: "Permit" }];

describe("a worker in a pod of its own", function () {
  this.timeout(180_000);
  let site: Site;
  let paths: StatePaths;
  let pod: Child;
  let agent: Agent | null = null;
  let program: Loaded;
  let talk: Child;
  let binary = workerPath();

  const startPod = (): void => {
    pod = site.firewall.namespace.start([launcherPath()], { ...process.env, PORTCULLIS_STATE_DIR: paths.dir, PORTCULLIS_WORKER: binary, PORTCULLIS_CPUS: "1" });
  };
  const startAgent = async (): Promise<Agent> => {
    agent = new Agent({ stateDir: paths.dir, log: makeLog(), launcher: await PodLauncher.open(paths, makeLog()) });
    return agent;
  };
  const stopAgent = async (): Promise<void> => {
    await agent?.close(true);
    agent = null;
  };
  const ready = (a: Agent): Promise<boolean> => until("it forwards", () => Promise.resolve(statusSnapshot(a, "cluster", []).ready), 60_000);
  const starts = (a: Agent): number => Number(a.workerStatus()?.start_count ?? -1);
  const killWorker = async (): Promise<void> => {
    // The launcher shares our process namespace here.
    process.kill(await until("the worker runs", () => Promise.resolve(Number(readFileSync(join(paths.dir, "worker.lock"), "utf8").trim()))), "SIGKILL");
  };
  /** Milliseconds in which nothing came back, from now until it does. */
  const blocked = async (what: string, deed: () => Promise<void> | void): Promise<void> => {
    const before = Date.now();
    await deed();
    await grows(talk, /^echo/, 10);
    console.log(`      ${what}: packets again after ${Date.now() - before} ms`);
  };

  before(async () => {
    site = await openSite();
    paths = statePaths(site.firewall.stateDir);
    const { loaded, issues } = compileText(stringify(config(site.lab, policies)));
    assert.ok(loaded, JSON.stringify(issues));
    program = loaded;
  });
  after(async () => {
    await stopAgent();
    await site.lab.close();
  });

  it("waits for its pod, and is started as soon as there is one", async () => {
    const a = await startAgent();
    await assert.rejects(a.apply(program), /no worker pod answers/);
    assert.equal(statusSnapshot(a, "cluster", []).reason, "WorkerPodAbsent");
    startPod();
    await ready(a);
    await configureHosts(site);
    await listening(site.outside.peer("echo", OUTSIDE[0], "7031"));
    talk = site.inside.peer("talk", OUTSIDE[0], "7031", "10");
    await talk.line(/^echo 5$/);
    assert.equal(starts(a), 1);
  });

  it("comes back at once when it is killed, with its sessions", async () => {
    await blocked("worker killed", killWorker);
    const a = agent as Agent;
    await ready(a);
    assert.equal(starts(a), 2);
    assert.equal(a.problem, null);
  });

  it("comes back while no agent is there; the next agent changes nothing", async () => {
    await stopAgent();
    await blocked("worker killed without an agent", killWorker);
    const a = await startAgent();
    await a.apply(program);
    await ready(a);
    assert.equal(starts(a), 3);
    await grows(talk, /^echo/, 20);
  });

  it("comes back with its pod", async () => {
    await blocked("launcher killed", async () => {
      pod.signal("SIGKILL");
      await pod.exit;
      startPod();
    });
    await ready(agent as Agent);
    assert.equal(starts(agent as Agent), 4);
  });

  it("comes back with its pod before any agent does", async () => {
    await stopAgent();
    await blocked("launcher killed, no agent", async () => {
      pod.signal("SIGKILL");
      await pod.exit;
      startPod();
    });
    const a = await startAgent();
    await a.apply(program);
    await ready(a);
    assert.equal(starts(a), 5);
  });

  it("keeps its sessions when the pod is replaced by one with another worker", async () => {
    binary = join(site.lab.folder, "portcullis-worker");
    copyFileSync(workerPath(), binary);
    await blocked("pod replaced", async () => {
      assert.equal(await pod.stop(20_000), 0);
      startPod();
    });
    await ready(agent as Agent);
    assert.match(readFileSync(paths.workerLog, "utf8"), /sessions taken over, 0 damaged\n(?!.*sessions taken over)/s);
    assert.equal(talk.code, undefined, "one connection all the time");
  });

  it("takes over from a launcher that nobody ends, as one whose shim was killed", async () => {
    const left = pod;
    await blocked("launcher left behind", async () => {
      startPod();
      assert.equal(await left.exit, 0);
    });
    await ready(agent as Agent);
    assert.equal(pod.code, undefined);
    assert.equal(talk.code, undefined, "one connection all the time");
  });

  it("is taken away with everything it made, and the pod stays", async () => {
    const a = agent as Agent;
    await a.withdraw();
    assert.equal((await site.inside.run(["ip", "link", "show", "dev", "inside"])).code, 1);
    for (const file of [paths.launch, paths.control, paths.state, paths.statePointer]) assert.equal(existsSync(file), false, file);
    assert.equal(pod.code, undefined);
    await a.apply(program);
    await ready(a);
    await a.withdraw();
    rmSync(binary);
    binary = workerPath();
  });
});
