// SPDX-License-Identifier: Apache-2.0
// examples/edge-router.yaml: two existing kernel devices (veth, with every offload on) become ports of the firewall.
import assert from "node:assert/strict";
import { Firewall, readExample } from "../../scripts/lab/firewall";
import { Lab, must, sweep, type Namespace } from "../../scripts/lab/lab";
import { PREFIX, curl, listening, memory, url } from "./site";

const PROVIDER = ["203.0.113.1", "2001:db8:1::1"] as const;
const CLIENT = ["198.51.100.7", "2001:db8:7::7"] as const; // behind the provider
const SERVER = ["10.1.0.20", "2001:db8:2::20"] as const;

describe("kernel devices as ports (examples/edge-router.yaml)", function () {
  this.timeout(120_000);
  let lab: Lab;
  let firewall: Firewall;
  let provider: Namespace;
  let servers: Namespace;

  before(async () => {
    await sweep(PREFIX);
    lab = new Lab(PREFIX);
    const fw = await lab.namespace("fw");
    provider = await lab.namespace("provider");
    servers = await lab.namespace("servers");
    await must(["ip", "link", "add", "eth1", "netns", fw.name, "type", "veth", "peer", "name", "up", "netns", provider.name]);
    await must(["ip", "link", "add", "eth2", "netns", fw.name, "type", "veth", "peer", "name", "lan", "netns", servers.name]);
    await provider.must(["ip", "link", "set", "dev", "up", "address", "02:00:5e:00:01:01"]); // as routing.neighbors says
    for (const device of ["eth1", "eth2"]) await fw.must(["ip", "link", "set", device, "up"]);
    await provider.device("up", [`${PROVIDER[0]}/28`, `${PROVIDER[1]}/64`], [
      ["10.1.0.0/16", "via", "203.0.113.2"], ["10.2.0.0/16", "via", "203.0.113.2"], ["2001:db8:2::/48", "via", "2001:db8:1::2"],
    ]);
    for (const address of CLIENT) await provider.must(["ip", "address", "add", address, "dev", "lo"]);
    await servers.device("lan", [`${SERVER[0]}/24`, `${SERVER[1]}/64`], [["default", "via", "10.1.0.1"], ["default", "via", "2001:db8:2::1"]]);
    firewall = new Firewall(lab, fw);
    const config = readExample("edge-router.yaml");
    Object.assign(config.spec.dataplane ?? {}, { memory: memory(), sessions: { ipv4: 8192, ipv6: 8192 } });
    await firewall.start(config);
  });
  after(() => lab.close());

  for (const family of [0, 1] as const) {
    const name = family === 0 ? "IPv4" : "IPv6";
    it(`publishes HTTPS and nothing else (${name})`, async () => {
      const published = await listening(servers.peer("http", SERVER[family], "443", "published"));
      await listening(servers.peer("http", SERVER[family], "80", "internal"));
      assert.equal((await provider.must(curl(url(SERVER[family], 443)))).trim(), "published");
      const { code } = await provider.run(curl(url(SERVER[family]), 2));
      assert.equal(code, 28);
      await published.stop();
    });

    it(`carries a long stream outbound, with segmentation and checksum offload on (${name})`, async () => {
      const far = await listening(provider.peer("receive", CLIENT[family], "7443"));
      const source = servers.peer("send", CLIENT[family], "7443");
      await far.line(/^mebibytes 32$/, 90_000);
      source.write("stop\n");
      const [, sent] = await source.line(/^sent ([0-9]+)/);
      const [, received] = await far.line(/^received ([0-9]+)/);
      assert.equal(received, sent);
    });

    it(`downloads a large file over HTTPS's port (${name})`, async () => {
      const bytes = 24 * 1024 * 1024;
      const server = await listening(servers.peer("file", SERVER[family], "443", String(bytes)));
      const out = await provider.must(["sh", "-c", `${curl(url(SERVER[family], 443), 90).map((word) => `'${word}'`).join(" ")} | sha256sum`], { timeoutMs: 100_000 });
      const direct = await servers.must(["sh", "-c", `${curl(url(SERVER[family], 443), 90).map((word) => `'${word}'`).join(" ")} | sha256sum`], { timeoutMs: 100_000 });
      assert.equal(out, direct);
      await server.stop();
    });

    it(`answers ping to itself on both sides (${name})`, async () => {
      await provider.must(["ping", "-c", "2", "-i", "0.1", "-W", "10", family === 0 ? "203.0.113.2" : "2001:db8:1::2"]);
      await servers.must(["ping", "-c", "2", "-i", "0.1", "-W", "10", family === 0 ? "10.1.0.1" : "2001:db8:2::1"]);
    });
  }

  it("refuses outside connections silently and inside ones loudly", async () => {
    const before = (await firewall.drops())["policy-deny"] ?? 0;
    assert.equal((await provider.run(curl(url(SERVER[0], 22), 2))).code, 28);
    assert.ok(((await firewall.drops())["policy-deny"] ?? 0) > before);
  });

  it("spreads flows over two gateways", async () => {
    const [a, b] = ["10.1.0.10", "10.1.0.11"];
    for (const address of [a, b]) await servers.must(["ip", "address", "add", `${address}/24`, "dev", "lan"]);
    for (let host = 1; host <= 32; host++) await servers.must(["ip", "address", "add", `10.2.0.${host}/32`, "dev", "lo"]);
    await listening(servers.peer("http", "0.0.0.0", "443", "spread"));
    for (let host = 1; host <= 32; host++) assert.equal((await provider.must(curl(url(`10.2.0.${host}`, 443)))).trim(), "spread");
    const neighbors = await firewall.namespace.must(["ip", "neighbor", "show", "dev", "lan0"]);
    for (const address of [a, b]) assert.match(neighbors, new RegExp(`^${address.replaceAll(".", "\\.")} .*lladdr`, "m"), neighbors);
  });

  it("keeps the kernel's own stack off the devices", async () => {
    // An address on eth1 itself must not answer: its packets belong to the firewall now.
    await firewall.namespace.must(["ip", "address", "add", "203.0.113.9/28", "dev", "eth1"]);
    const { code } = await provider.run(["ping", "-c", "1", "-W", "1", "203.0.113.9"]);
    assert.equal(code, 1);
    await firewall.namespace.must(["ip", "address", "del", "203.0.113.9/28", "dev", "eth1"]);
  });

  it("gives the devices back to the kernel on a clean stop", async () => {
    assert.equal(await firewall.stop(), 0);
    await firewall.namespace.must(["ip", "address", "add", "203.0.113.9/28", "dev", "eth1"]);
    await provider.must(["ping", "-c", "1", "-W", "10", "203.0.113.9"]);
  });
});
