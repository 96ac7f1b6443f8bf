// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import type { Program } from "../../program/program";
import { PLAIN } from "../../program/testing";
import { Problem } from "../problem";
import { hugetlbMounts, parseCoreList, workerArgument, type HostFacts } from "./facts";
import { chooseCores, formatCores, preflight, type Held } from "./preflight";

const MIB = 2 ** 20;
const NOTHING: Held = { args: null, stateBytes: 0, statePageSize: 4096 };

function program(dataplane: Partial<Program["dataplane"]> = {}, rest: Partial<Program> = {}): Program {
  return {
    version: 1, config: "test",
    dataplane: {
      cores: { count: 1 }, memoryBytes: 256 * MIB, pageBytes: 2 * MIB,
      rxMode: { mode: "Adaptive", idleThreshold: 256, resumeThreshold: 32, sleepTimeoutUs: 100_000 },
      sessions: { ipv4: 1024, ipv6: 1024 }, ...dataplane,
    },
    ports: [], zones: [], interfaces: [], addressSets: [], applications: [], defaultAction: "Deny", policies: [], routes: [], neighbors: [], ...PLAIN,
    ...rest,
  };
}

function facts(change: Partial<HostFacts> = {}): HostFacts {
  return {
    root: true, capabilities: (1n << 41n) - 1n, coresOnline: [0, 1], coresAllowed: [0, 1], coresTaken: [],
    hugepages: new Map([[2 * MIB, { total: 512, free: 512 }]]), hugetlbfs: new Map([[2 * MIB, "/dev/hugepages"]]),
    memoryAvailable: 8192 * MIB, tun: "Present", pciDevice: () => null, ...change,
  };
}

function problemOf(run: () => unknown): Problem {
  try {
    run();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return assert.fail("no problem was found");
}

describe("preflight", () => {
  it("splits the memory between state file and worker, in whole pages", () => {
    const args = preflight(program(), facts(), NOTHING, 3 * MIB);
    assert.deepEqual(args, { cores: [1], memory: 252 * MIB, pageSize: 2 * MIB, sessions4: 1024, sessions6: 1024, bindings: 65_536 });
  });

  it("tells how many hugepages are needed, how many there are, and both cures", () => {
    const none = facts({ hugepages: new Map([[2 * MIB, { total: 10, free: 4 }]]) });
    const { reason, path, message } = problemOf(() => preflight(program(), none, NOTHING, 0));
    assert.deepEqual([reason, path], ["HugepagesInsufficient", "spec.dataplane.memory"]);
    assert.match(message, /128 free hugepages of 2 MiB are needed, there are 4: run `sysctl vm.nr_hugepages=134`, or set memory.pageSize: 4Ki/);
  });

  it("counts the hugepages that the running worker will give back", () => {
    const few = facts({ hugepages: new Map([[2 * MIB, { total: 128, free: 0 }]]) });
    const held = { args: { cores: [1], memory: 236 * MIB, pageSize: 2 * MIB, sessions4: 512, sessions6: 512, bindings: 65_536 }, stateBytes: 20 * MIB, statePageSize: 2 * MIB };
    assert.equal(preflight(program(), few, held, 4 * MIB).memory, 252 * MIB);
  });

  it("asks for nothing when the worker that runs is already the right one", () => {
    const none = facts({ hugepages: new Map() });
    const args = preflight(program(), facts(), NOTHING, 0);
    assert.deepEqual(preflight(program(), none, { args, stateBytes: 0, statePageSize: 2 * MIB }, 0), args);
  });

  it("needs a mount of hugetlbfs, and says how to make it", () => {
    const { message } = problemOf(() => preflight(program(), facts({ hugetlbfs: new Map() }), NOTHING, 0));
    assert.match(message, /mount -t hugetlbfs -o pagesize=2M/);
  });

  it("needs no hugepages for ordinary memory", () => {
    const none = facts({ hugepages: new Map(), hugetlbfs: new Map() });
    assert.equal(preflight(program({ pageBytes: 4096 }), none, NOTHING, 0).pageSize, 4096);
  });

  it("refuses more ordinary memory than there is", () => {
    const { reason } = problemOf(() => preflight(program({ pageBytes: 4096 }), facts({ memoryAvailable: 100 * MIB }), NOTHING, 0));
    assert.equal(reason, "MemoryInsufficient");
  });

  it("refuses session tables that leave nothing for packets", () => {
    const { reason, path, message } = problemOf(() => preflight(program(), facts(), NOTHING, 250 * MIB));
    assert.deepEqual([reason, path], ["MemoryInsufficient", "spec.dataplane.memory.size"]);
    assert.match(message, /at least 282Mi are needed/);
  });

  it("names a core that is not there, and those that are", () => {
    const { reason, path, message } = problemOf(() => preflight(program({ cores: { list: [9] } }), facts(), NOTHING, 0));
    assert.deepEqual([reason, path], ["CoresUnavailable", "spec.dataplane.cores.list"]);
    assert.equal(message, "core 9 is not present: this machine has cores 0-1");
  });

  it("tells an absent core from one that is not allowed", () => {
    const { message } = problemOf(() => preflight(program({ cores: { list: [0] } }), facts({ coresAllowed: [1] }), NOTHING, 0));
    assert.match(message, /core 0 may not be used by this process, which has core 1 only/);
  });

  it("names every missing right and what it is for", () => {
    const port = { name: "wan", kind: "kernelInterface", device: "eth1", networkNamespace: "", mtu: 0 } as const;
    const { reason, message } = problemOf(() => preflight(program({}, { ports: [port] }), facts({ root: false, capabilities: 0n }), NOTHING, 0));
    assert.equal(reason, "PermissionDenied");
    assert.match(message, /CAP_NET_ADMIN .*CAP_NET_RAW .*CAP_BPF .*run as root/);
    const old = 1n << 12n | 1n << 13n | 1n << 21n; // SYS_ADMIN stands for BPF
    preflight(program({}, { ports: [port] }), facts({ capabilities: old }), NOTHING, 0);
  });

  it("looks at PCI devices before a worker is touched", () => {
    const port = { name: "wan", kind: "pci", device: "0000:03:00.0", networkNamespace: "", mtu: 0 } as const;
    const of = (driver: string, grouped: boolean) => () => preflight(program({}, { ports: [port] }), facts({ pciDevice: () => ({ driver, grouped }) }), NOTHING, 0);
    assert.deepEqual([problemOf(of("igb", false)).reason, problemOf(of("igb", true)).reason], ["IOMMUOff", "PortUnavailable"]);
    of("vfio-pci", true)();
  });

  it("needs the TUN device", () => {
    assert.match(problemOf(() => preflight(program(), facts({ tun: "Absent" }), NOTHING, 0)).message, /modprobe tun/);
  });
});

describe("preflight in a worker pod", () => {
  const pod = { exclusive: true, pinning: false, requestedCpus: 1, hugepageLimits: new Map([[2 * MIB, 256 * MIB]]) };
  it("refuses shared CPUs only when its own are demanded", () => {
    preflight(program(), facts({ pod: { ...pod, exclusive: false } }), NOTHING, 0);
    preflight(program(), facts({ pod: { ...pod, pinning: true } }), NOTHING, 0);
    const problem = problemOf(() => preflight(program(), facts({ pod: { ...pod, exclusive: false, pinning: true } }), NOTHING, 0));
    assert.equal(problem.reason, "CPUNotPinned");
    assert.match(problem.sentence, /workerPod.pinning: demands CPUs of its own, but the worker pod shares cores 0-1 .* cpuManagerPolicy: static/);
  });
  it("does not start what the pod's limit of hugepages would kill", () => {
    const problem = problemOf(() => preflight(program({ memoryBytes: 258 * MIB }), facts({ pod }), NOTHING, 0));
    assert.equal(problem.reason, "HugepagesInsufficient");
    assert.match(problem.message, /is 258Mi, but the worker pod may use 256Mi/);
  });
  it("says who chooses the cores", () => {
    assert.match(problemOf(() => preflight(program({ cores: { list: [0] } }), facts({ pod, coresAllowed: [1] }), NOTHING, 0)).message, /the worker pod, which has core 1 only; kubelet chooses/);
    assert.match(problemOf(() => preflight(program(), facts({ tun: "Refused" }), NOTHING, 0)).message, /may not be opened/);
  });
});

describe("choice of cores", () => {
  it("keeps the core that is in use", () => assert.deepEqual(chooseCores(program(), facts(), [0]), [0]));
  it("prefers cores without another worker, then high ones", () => {
    assert.deepEqual(chooseCores(program(), facts({ coresTaken: [1] }), []), [0]);
    assert.deepEqual(chooseCores(program(), facts(), []), [1]);
  });
  it("adds to those in use when more are wanted, and gives the last ones back", () => {
    assert.deepEqual(chooseCores(program({ cores: { count: 2 } }), facts(), [0]), [0, 1]);
    assert.deepEqual(chooseCores(program(), facts(), [1, 0]), [1]);
  });
});

describe("host facts", () => {
  it("reads lists of cores", () => assert.deepEqual(parseCoreList("0-2,5\n"), [0, 1, 2, 5]));
  it("writes lists of cores", () => assert.equal(formatCores([5, 0, 1, 2]), "0-2,5"));
  it("finds hugetlbfs by page size", () => {
    const mounts = "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\nnone /mnt/huge\\0401g hugetlbfs rw,pagesize=1G 0 0\n";
    assert.deepEqual([...hugetlbMounts(mounts, 2 * MIB)], [[2 * MIB, "/dev/hugepages"], [2 ** 30, "/mnt/huge 1g"]]);
  });
  it("knows the command line of a worker", () => {
    assert.equal(workerArgument(["/x/portcullis-worker", "--cores", "3"], "--cores"), "3");
    assert.equal(workerArgument(["/bin/cat", "--cores", "3"], "--cores"), null);
  });
});
