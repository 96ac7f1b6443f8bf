// SPDX-License-Identifier: Apache-2.0
// Examples that have no test file of their own, each with the hosts that its comment speaks of.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Firewall, readExample, type Document } from "../../scripts/lab/firewall";
import { Lab, root, sweep, type Namespace } from "../../scripts/lab/lab";
import { PREFIX, curl, listening, memory, url } from "./site";

interface Host {
  port: string;
  addresses: readonly string[];
  gateways: readonly string[];
}

/** A firewall by an example, with one host per port. */
async function start(lab: Lab, document: Document, hosts: Record<string, Host>): Promise<{ firewall: Firewall; at: Record<string, Namespace> }> {
  const at: Record<string, Namespace> = {};
  const firewall = new Firewall(lab, await lab.namespace("fw"));
  await firewall.start(document);
  for (const [name, { port, addresses, gateways }] of Object.entries(hosts)) {
    const namespace = (at[name] = await lab.namespace(name));
    await firewall.namespace.must(["ip", "link", "set", port, "netns", namespace.name]);
    await namespace.device(port, addresses, gateways.map((gateway) => ["default", "via", gateway]));
  }
  return { firewall, at };
}

const host = (at: Record<string, Namespace>, name: string): Namespace => at[name] as Namespace;

describe("a DMZ between Internet and internal network (examples/dmz.yaml)", function () {
  this.timeout(120_000);
  let lab: Lab;
  let firewall: Firewall;
  let at: Record<string, Namespace>;

  before(async () => {
    await sweep(PREFIX);
    lab = new Lab(PREFIX);
    const document = readExample("dmz.yaml");
    Object.assign(document.spec.dataplane ?? {}, { memory: memory(), sessions: { ipv4: 8192, ipv6: 8192 } });
    ({ firewall, at } = await start(lab, document, {
      internet: { port: "wan", addresses: ["203.0.113.1/28", "2001:db8:0:1::1/64", "fe80::1/64"], gateways: ["203.0.113.2", "2001:db8:0:1::2"] },
      server: { port: "dmz", addresses: ["192.0.2.10/27", "2001:db8:0:2::10/64"], gateways: ["192.0.2.1", "2001:db8:0:2::1"] },
      office: { port: "lan", addresses: ["10.30.5.10/16", "10.30.99.5/16", "2001:db8:0:3::5:10/64"], gateways: ["10.30.0.1", "2001:db8:0:3::1"] },
    }));
    for (const address of ["192.0.2.10", "2001:db8:0:2::10"]) {
      await listening(host(at, "server").peer("http", address, "80", "published"));
      await listening(host(at, "server").peer("echo", address, "22"));
    }
    for (const address of ["198.51.100.44", "2001:db8:8::4"]) {
      await host(at, "internet").must(["ip", "address", "add", address, "dev", "lo"]);
      await listening(host(at, "internet").peer("http", address, "80", "world"));
    }
    // A client in a blocked network.
    await host(at, "internet").must(["ip", "address", "add", "198.18.7.7/32", "dev", "lo"]);
  });
  after(() => lab.close());

  it("publishes the web servers, in both families", async () => {
    for (const address of ["192.0.2.10", "2001:db8:0:2::10"]) assert.equal((await host(at, "internet").must(curl(url(address)))).trim(), "published");
  });

  it("publishes nothing else", async () => {
    assert.equal((await host(at, "internet").run(curl(url("192.0.2.10", 22), 2))).code, 28);
  });

  it("blocks listed sources by the policy before the others", async () => {
    const before = (await firewall.drops())["policy-deny"] ?? 0;
    assert.equal((await host(at, "internet").run([...curl(url("192.0.2.10"), 2), "--interface", "198.18.7.7"])).code, 28);
    assert.ok(((await firewall.drops())["policy-deny"] ?? 0) > before);
  });

  it("tells administrators from others by a negated set", async () => {
    const banner = ["sh", "-c", "echo hello | nc -N -w 5 -s \"$0\" 192.0.2.10 22"];
    assert.equal((await host(at, "office").run([...banner, "10.30.99.5"])).stdout.trim(), "hello");
    const other = await host(at, "office").run(["nc", "-z", "-v", "-w", "5", "-s", "10.30.5.10", "192.0.2.10", "22"]);
    assert.match(other.stderr, /refused/);
  });

  it("routes to the Internet by a static route, by IPv6 through a link-local gateway", async () => {
    for (const address of ["198.51.100.44", "2001:db8:8::4"]) assert.equal((await host(at, "office").must(curl(url(address)))).trim(), "world");
  });

  it("lets the web servers reach the database and nothing else inside", async () => {
    for (const port of ["5432", "5433"]) await listening(host(at, "office").peer("echo", "10.30.5.10", port));
    assert.equal((await host(at, "server").run(["sh", "-c", "echo query | nc -N -w 5 10.30.5.10 5432"])).stdout.trim(), "query");
    assert.notEqual((await host(at, "server").run(["nc", "-z", "-w", "2", "10.30.5.10", "5433"])).code, 0);
  });
});

describe("a lab without hugepages (examples/lab.yaml)", function () {
  this.timeout(120_000);
  let lab: Lab;
  let firewall: Firewall;
  let at: Record<string, Namespace>;
  let sandbox: Namespace;

  before(async () => {
    await sweep(PREFIX);
    lab = new Lab(PREFIX);
    ({ firewall, at } = await start(lab, readExample("lab.yaml"), {
      lab: { port: "fwlab", addresses: ["192.168.50.2/24"], gateways: ["192.168.50.1"] },
      uplink: { port: "fwuplink", addresses: ["192.168.1.1/24"], gateways: ["192.168.1.250"] },
    }));
    sandbox = await lab.namespace("sandbox");
    const switched = host(at, "lab").start([join(root, "test", "dataplane", "helpers", "tagger.py"), "fwlab", "51=sandbox"]);
    await switched.line(/^ready/);
    await host(at, "lab").must(["ip", "link", "set", "sandbox", "netns", sandbox.name]);
    await sandbox.device("sandbox", ["192.168.51.2/24", "fd00:51::2/64"], [["default", "via", "192.168.51.1"]]);
    await listening(host(at, "uplink").peer("http", "192.168.1.1", "80", "uplink"));
    await listening(host(at, "lab").peer("http", "192.168.50.2", "80", "lab"));
  });
  after(() => lab.close());

  it("runs in ordinary memory, as asked", async () => {
    assert.equal((await firewall.status()).worker.pageSize, 4096);
  });

  it("carries untagged and tagged networks on one port", async () => {
    for (const name of ["lab", "sandbox"]) {
      const from = name === "lab" ? host(at, "lab") : sandbox;
      assert.equal((await from.must(curl(url("192.168.1.1")))).trim(), "uplink");
    }
    await sandbox.must(["ping", "-c", "1", "-W", "10", "fd00:51::1"]);
  });

  it("rejects by its default action, in words that the client hears", async () => {
    assert.equal((await host(at, "uplink").run(curl(url("192.168.50.2")))).code, 7);
    assert.equal((await sandbox.run(curl(url("192.168.50.2")))).code, 7);
  });

  it("lets the lab reach every service of the firewall", async () => {
    await listening(firewall.namespace.peer("http", "192.168.50.1", "8080", "on the firewall"));
    assert.equal((await host(at, "lab").must(curl(url("192.168.50.1", 8080)))).trim(), "on the firewall");
    assert.equal((await sandbox.run(curl(url("192.168.50.1", 8080), 2))).code, 28);
  });
});
