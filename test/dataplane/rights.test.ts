// SPDX-License-Identifier: Apache-2.0
// What each kind of port needs of root's rights: started with exactly these it works, without one of them it says which.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { capabilitiesOf } from "../../operator/worker-pod/desired";
import { complaints, Firewall, type Document } from "../../scripts/lab/firewall";
import { Lab, must, sweep, until, type Namespace } from "../../scripts/lab/lab";
import { config, memory, PREFIX } from "./site";

type Port = NonNullable<NonNullable<Document["spec"]["dataplane"]>["ports"]>[number];

/** Of the pod's rights, SYS_NICE alone is not for the kernel but for the seccomp profile of container runtimes. */
const rightsFor = (portKinds: string[], namespaces: boolean): string[] =>
  capabilitiesOf({ portKinds, namespaces }).filter((name) => name !== "SYS_NICE");

describe("least rights", function () {
  this.timeout(120_000);
  let lab: Lab;
  let fw: Namespace;
  let host: Namespace;
  let firewall: Firewall;

  beforeEach(async () => {
    await sweep(PREFIX);
    lab = new Lab(PREFIX);
    [fw, host] = [await lab.namespace("fw"), await lab.namespace("host")];
    for (const device of ["lan", "wan"]) {
      await must(["ip", "link", "add", device, "netns", fw.name, "type", "veth", "peer", "name", device, "netns", host.name]);
      await fw.must(["ip", "link", "set", device, "up"]);
    }
    await host.device("lan", ["10.1.0.2/24"], []);
    await host.must(["ip", "link", "set", "wan", "up"]);
    firewall = new Firewall(lab, fw);
  });
  afterEach(() => lab.close());

  const site = (ports: [Port, Port]): Document => {
    const document = config(lab, []);
    Object.assign(document.spec, { applications: [], dataplane: { memory: memory(), sessions: { ipv4: 8192, ipv6: 8192 }, ports } });
    return document;
  };
  const only = (rights: readonly string[]): string[] => ["setpriv", `--bounding-set=-all${rights.map((name) => `,+${name.toLowerCase()}`).join("")}`, "--inh-caps=-all", "--"];
  const kernel = (): Document => site([{ name: "inside", kernelInterface: { name: "lan" } }, { name: "outside", kernelInterface: { name: "wan" } }]);
  const workerRights = async (): Promise<bigint> => {
    const { pid } = (await firewall.status()).worker;
    return BigInt(`0x${/^CapEff:\s*(\S+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]}`);
  };

  const kinds: [string, string[], boolean, () => Document][] = [
    ["tap", ["tap"], false, () => site([{ name: "inside", tap: {} }, { name: "outside", tap: {} }])],
    ["tap in a network namespace", ["tap"], true, () => site([{ name: "inside", tap: { networkNamespace: host.name } }, { name: "outside", tap: {} }])],
    ["kernelInterface", ["kernelInterface"], false, kernel],
  ];
  for (const [name, portKinds, namespaces, document] of kinds) {
    const rights = rightsFor(portKinds, namespaces);
    it(`${name}: ${rights.join(", ")} are enough`, async () => {
      if (namespaces) await host.must(["ip", "link", "del", "lan"]); // the port's own device gets another name; no veth in its way
      firewall.under = only(rights);
      await firewall.start(document());
      assert.equal(complaints(await firewall.status()), "");
      assert.equal((await workerRights()).toString(2).replaceAll("0", "").length, rights.length);
      const { pid } = (await firewall.status()).worker;
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const text = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
        const [filters = 0, none = 0] = [/^Seccomp_filters:\s*(\d+)/m, /^NoNewPrivs:\s*(\d+)/m].map((pattern) => Number(pattern.exec(text)?.[1]));
        assert.ok(filters >= 2 && none === 1, `thread ${thread} keeps system calls`);
      }
      await firewall.killWorker();
      assert.equal(complaints(await firewall.status()), "");
      assert.equal(await firewall.stop(), 0);
    });

    for (const missing of rights) {
      it(`${name}: says that it needs ${missing}`, async () => {
        firewall.under = only(rights.filter((right) => right !== missing));
        firewall.write(document());
        const child = firewall.run();
        assert.notEqual(await child.exit, 0);
        assert.match(child.tail(10), new RegExp(`lacks CAP_${missing} \\([a-z' ]+[a-zA-Z]+\\)`));
      });
    }
  }

  it("kernelInterface: the kernel is kept off while no worker runs, and gets back what is no port any more", async () => {
    firewall.under = only(rightsFor(["kernelInterface"], false));
    const document = kernel();
    await firewall.start(document);
    const dropped = async (device: string): Promise<boolean> => /pcl_.*direct-action/.test(await fw.must(["tc", "filter", "show", "dev", device, "ingress"]));
    assert.deepEqual([await dropped("lan"), await dropped("wan")], [true, true]);
    const { pid } = (await firewall.status()).worker;
    firewall.child.signal("SIGKILL");
    await firewall.child.exit;
    process.kill(pid, "SIGKILL");
    await until("the worker is gone too", () => Promise.resolve(!existsSync(`/proc/${pid}`) || /^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))));
    assert.deepEqual([await dropped("lan"), await dropped("wan")], [true, true]);
    await fw.must(["ip", "link", "add", "spare", "type", "veth", "peer", "name", "spare0"]);
    await fw.must(["ip", "link", "set", "spare0", "up"]);
    await firewall.start(site([{ name: "inside", kernelInterface: { name: "lan" } }, { name: "outside", kernelInterface: { name: "spare" } }]));
    assert.deepEqual([await dropped("lan"), await dropped("wan"), await dropped("spare")], [true, false, true]);
    assert.equal(await firewall.stop(), 0);
    for (const device of ["lan", "wan", "spare"]) assert.equal(await fw.must(["tc", "qdisc", "show", "dev", device, "clsact"]), "");
  });
});
