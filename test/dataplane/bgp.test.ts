// SPDX-License-Identifier: Apache-2.0
// examples/bgp-edge.yaml: FRR's bgpd speaks with an upstream router across the firewall's port; what it learns is in the
// kernel's table, and the worker forwards by it.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Firewall, readExample } from "../../scripts/lab/firewall";
import { Lab, must, sweep, until, type Child, type Namespace } from "../../scripts/lab/lab";
import { PREFIX, curl, listening, memory, url } from "./site";

const FRR = "/usr/lib/frr";
const FAR = ["198.51.100.1", "2001:db8:f00::1"] as const; // announced by the upstream router
const INNER = ["10.40.0.2", "2001:db8:40::2"] as const;

const OURS = `
router bgp 64512
 bgp router-id 192.0.2.2
 no bgp ebgp-requires-policy
 timers bgp 1 3
 neighbor 192.0.2.1 remote-as 64511
 neighbor 2001:db8:64::1 remote-as 64511
 address-family ipv4 unicast
  network 10.40.0.0/16
  no neighbor 2001:db8:64::1 activate
 address-family ipv6 unicast
  network 2001:db8:40::/64
  neighbor 2001:db8:64::1 activate
`;

const THEIRS = `
router bgp 64511
 bgp router-id 192.0.2.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 timers bgp 1 3
 neighbor 192.0.2.2 remote-as 64512
 neighbor 2001:db8:64::2 remote-as 64512
 neighbor 192.0.2.2 timers connect 1
 neighbor 2001:db8:64::2 timers connect 1
 address-family ipv4 unicast
  network 198.51.100.0/24
  no neighbor 2001:db8:64::2 activate
 address-family ipv6 unicast
  network 2001:db8:f00::/48
  neighbor 2001:db8:64::2 activate
`;

/** Starts daemons of FRR in a namespace, each instance with its own sockets and no file outside the lab. */
async function frr(lab: Lab, namespace: Namespace, name: string, text: string, daemons: readonly string[]): Promise<Child[]> {
  const folder = join(lab.folder, name);
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(join(folder, "bgpd.conf"), text);
  writeFileSync(join(folder, "zebra.conf"), "");
  chmodSync(lab.folder, 0o755); // the daemons run as the user frr
  await must(["chown", "-R", "frr:frr", folder]);
  return daemons.map((daemon) => {
    const alone = daemon === "bgpd" && !daemons.includes("zebra") ? ["-Z"] : [];
    return namespace.start([join(FRR, daemon), "-f", join(folder, `${daemon}.conf`), "-i", join(folder, `${daemon}.pid`), "-z", join(folder, "zserv.api"),
      "--vty_socket", folder, "-P", "0", "--log", "stdout", ...alone]);
  });
}

describe("BGP across the firewall's port (examples/bgp-edge.yaml)", function () {
  this.timeout(180_000);
  let lab: Lab;
  let firewall: Firewall;
  let upstream: Namespace;
  let core: Namespace;
  let theirs: Child | undefined;

  before(async () => {
    await sweep(PREFIX);
    lab = new Lab(PREFIX);
    upstream = await lab.namespace("upstream");
    core = await lab.namespace("core");
    firewall = new Firewall(lab, await lab.namespace("fw"));
    const config = readExample("bgp-edge.yaml");
    Object.assign(config.spec.dataplane ?? {}, { memory: memory(), sessions: { ipv4: 8192, ipv6: 8192 } });
    await firewall.start(config);
    await firewall.namespace.must(["ip", "link", "set", "upstream", "netns", upstream.name]);
    await firewall.namespace.must(["ip", "link", "set", "core", "netns", core.name]);
    // The upstream router has a route back by its own means; ours must be learned.
    await upstream.device("upstream", ["192.0.2.1/30", "2001:db8:64::1/64"], [["10.40.0.0/16", "via", "192.0.2.2"], ["2001:db8:40::/64", "via", "2001:db8:64::2"]]);
    for (const address of FAR) await upstream.must(["ip", "address", "add", address, "dev", "lo"]);
    await core.device("core", ["10.40.0.2/16", "2001:db8:40::2/64"], [["default", "via", "10.40.0.1"], ["default", "via", "2001:db8:40::1"]]);
    for (const address of FAR) await listening(upstream.peer("http", address, "80", "far away"));
    for (const address of INNER) await listening(core.peer("http", address, "80", "from the core"));
  });
  after(() => lab.close());

  const learned = async (): Promise<boolean> => {
    const four = await firewall.namespace.must(["ip", "route", "show", "198.51.100.0/24"]);
    const six = await firewall.namespace.must(["ip", "-6", "route", "show", "2001:db8:f00::/48"]);
    return four.includes("up0") && six.includes("up0");
  };

  it("has no route at first, and counts it", async () => {
    const before = (await firewall.drops())["no-route"] ?? 0;
    assert.notEqual((await core.run(curl(url(FAR[0]), 2))).code, 0);
    assert.ok(((await firewall.drops())["no-route"] ?? 0) > before);
  });

  it("learns routes over a BGP session through the port, and forwards by them", async () => {
    theirs = (await frr(lab, upstream, "theirs", THEIRS, ["bgpd"]))[0];
    await frr(lab, firewall.namespace, "ours", OURS, ["zebra", "bgpd"]);
    await until("bgpd has learned both routes", learned, 90_000);
    for (const address of FAR) await until(`${address} is reached`, async () => (await core.run(curl(url(address), 5))).stdout.trim() === "far away");
    for (const address of INNER) assert.equal((await upstream.must(curl(url(address)))).trim(), "from the core");
  });

  it("keeps the BGP session and the routes when the worker is killed", async () => {
    await firewall.killWorker();
    for (const address of FAR) assert.equal((await core.must(curl(url(address)))).trim(), "far away");
    assert.ok(await learned());
  });

  it("forgets the routes with the session", async () => {
    await theirs?.stop();
    await until("the routes are withdrawn", async () => !(await learned()), 60_000);
    await until("no route is left to forward by", async () => {
      const before = (await firewall.drops())["no-route"] ?? 0;
      await core.run(curl(url(FAR[0]), 1));
      return ((await firewall.drops())["no-route"] ?? 0) > before;
    });
  });
});
