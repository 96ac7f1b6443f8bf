// SPDX-License-Identifier: Apache-2.0
// The host path: the firewall's own addresses live on kernel devices, reached through the worker and only where the zone
// allows it.
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, until } from "../../scripts/lab/lab";
import { FAMILIES, FIREWALL_INSIDE, FIREWALL_OUTSIDE, OUTSIDE, config, configureHosts, grows, listening, openSite, startSite, type Site } from "./site";

describe("the firewall as a host", function () {
  this.timeout(120_000);
  let site: Site;
  before(async () => {
    site = await startSite([]);
  });
  after(() => site.lab.close());

  it("has a kernel device per interface, with its addresses", async () => {
    const text = await site.firewall.namespace.must(["ip", "-o", "address", "show", "dev", "inside0"]);
    for (const address of ["10.1.0.1/24", "fd00:1::1/64"]) assert.ok(text.includes(address), text);
  });

  for (const family of FAMILIES) {
    const name = family === 0 ? "IPv4" : "IPv6";
    it(`answers ping where the zone allows it, and is silent where not (${name})`, async () => {
      await site.inside.must(["ping", "-c", "3", "-i", "0.1", "-W", "10", FIREWALL_INSIDE[family]]);
      const before = (await site.firewall.drops())["host-inbound"] ?? 0;
      const { code } = await site.outside.run(["ping", "-c", "1", "-W", "1", FIREWALL_OUTSIDE[family]]);
      assert.equal(code, 1);
      assert.ok(((await site.firewall.drops())["host-inbound"] ?? 0) > before);
    });

    it(`judges the far address of the firewall by the zone of the sender (${name})`, async () => {
      await site.inside.must(["ping", "-c", "1", "-W", "10", FIREWALL_OUTSIDE[family]]);
      const { code } = await site.outside.run(["ping", "-c", "1", "-W", "1", FIREWALL_INSIDE[family]]);
      assert.equal(code, 1);
    });

    it(`may itself open connections (${name})`, async () => {
      await site.firewall.namespace.must(["ping", "-c", "2", "-i", "0.1", "-W", "10", OUTSIDE[family]]);
      await listening(site.outside.peer("echo", OUTSIDE[family], "7040"));
      const talk = site.firewall.namespace.peer("talk", OUTSIDE[family], "7040", "10");
      await talk.line(/^echo 10$/);
      await talk.stop();
    });
  }

  it("serves SSH to the zone that may, and not to the other", async () => {
    const key = join(site.lab.folder, "host-key");
    await must(["dropbearkey", "-t", "ed25519", "-f", key]);
    const publicKey = /^ssh-ed25519 \S+/m.exec(await must(["dropbearkey", "-y", "-f", key]))?.[0] ?? "";
    const known = join(site.lab.folder, "known-hosts");
    writeFileSync(known, [...FIREWALL_INSIDE, ...FIREWALL_OUTSIDE].map((address) => `${address} ${publicKey}\n`).join(""));
    // No password, no key: the handshake succeeds, the server's key is the right one, and the login is refused.
    site.firewall.namespace.start(["dropbear", "-F", "-E", "-s", "-g", "-r", key, "-p", "22", "-P", join(site.lab.folder, "dropbear.pid")]);
    await until("dropbear listens", async () => (await site.firewall.namespace.run(["sh", "-c", "ss -ltn | grep -q ':22 '"])).code === 0);
    const ssh = (address: string, seconds: number): string[] =>
      ["ssh", "-F", "none", "-o", `UserKnownHostsFile=${known}`, "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes",
        "-o", "IdentityFile=none", "-o", "BatchMode=yes", "-o", `ConnectTimeout=${seconds}`, "-o", "ConnectionAttempts=1", `root@${address}`, "true"];
    for (const family of FAMILIES) {
      const allowed = await site.inside.run(ssh(FIREWALL_INSIDE[family], 20));
      assert.match(allowed.stderr, /Permission denied/, allowed.stderr);
      const denied = await site.outside.run(ssh(FIREWALL_OUTSIDE[family], 2));
      assert.match(denied.stderr, /timed out/, denied.stderr);
    }
  });

  it("does not let a zone reach a service that it was not given", async () => {
    await listening(site.firewall.namespace.peer("http", FIREWALL_INSIDE[0], "80", "firewall"));
    const { code } = await site.inside.run(["curl", "--silent", "--noproxy", "*", "--max-time", "2", `http://${FIREWALL_INSIDE[0]}/`]);
    assert.equal(code, 28);
  });

  it("keeps hosts from reaching each other through the kernel", async () => {
    // Even with forwarding on, the kernel of the firewall has no way around the worker.
    await site.firewall.namespace.sysctl("net.ipv4.ip_forward", "1");
    const { code } = await site.inside.run(["ping", "-c", "1", "-W", "1", OUTSIDE[0]]);
    assert.equal(code, 1);
    const counters = await site.firewall.counters();
    assert.ok((counters["punted"] ?? 0) > 0);
  });

  it("follows an address that is added to and removed from the kernel device", async () => {
    await site.firewall.namespace.must(["ip", "address", "add", "10.1.0.99/24", "dev", "inside0"]);
    await until("the new address answers", async () => (await site.inside.run(["ping", "-c", "1", "-W", "1", "10.1.0.99"])).code === 0);
    await site.firewall.namespace.must(["ip", "address", "del", "10.1.0.99/24", "dev", "inside0"]);
    await until("the old address is silent", async () => (await site.inside.run(["ping", "-c", "1", "-W", "1", "10.1.0.99"])).code !== 0);
  });

  it("follows a route that is added to and removed from the kernel", async () => {
    await site.firewall.apply(config(site.lab, [{ name: "out", from: ["inside"], to: ["outside"], action: "Permit" }]));
    await site.outside.must(["ip", "address", "add", "198.51.100.9/32", "dev", "lo"]);
    const reach = async (): Promise<boolean> => (await site.inside.run(["ping", "-c", "1", "-W", "1", "198.51.100.9"])).code === 0;
    assert.equal(await reach(), false);
    assert.ok(((await site.firewall.drops())["no-route"] ?? 0) > 0);
    await site.firewall.namespace.must(["ip", "route", "add", "198.51.100.0/24", "via", OUTSIDE[0]]);
    await until("the route is used", reach);
    await site.firewall.namespace.must(["ip", "route", "add", "blackhole", "198.51.100.9/32"]);
    await until("the blackhole is used", async () => !(await reach()));
    assert.ok(((await site.firewall.drops())["route-blackhole"] ?? 0) > 0);
    await site.firewall.namespace.must(["ip", "route", "del", "blackhole", "198.51.100.9/32"]);
    await until("the route is used again", reach);
    await site.firewall.namespace.must(["ip", "route", "del", "198.51.100.0/24"]);
    await until("the route is gone", async () => !(await reach()));
  });
});

describe("a DHCP client on an interface", function () {
  this.timeout(120_000);
  let site: Site;
  let address = "";
  before(async () => {
    site = await openSite();
  });
  after(() => site.lab.close());

  it("gets its address from a server beyond the port, and the firewall forwards by it", async () => {
    const { lab, firewall, outside, inside } = site;
    const nat = { source: [{ name: "out", from: ["inside"], to: ["outside"], interface: {} }] };
    const dhcp = config(lab, [{ name: "out", from: ["inside"], to: ["outside"], action: "Permit" }], { nat });
    dhcp.spec.interfaces = [
      { name: "inside0", port: "inside", zone: "inside", addresses: ["10.1.0.1/24", "fd00:1::1/64"] },
      { name: "outside0", port: "outside", zone: "outside" }, // no addresses: they come from the kernel
    ];
    dhcp.spec.zones = [{ name: "inside" }, { name: "outside", hostInbound: { services: ["dhcp"] } }];
    await firewall.start(dhcp);
    await configureHosts(site);
    const server = outside.start(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=outside", "--bind-interfaces", "--log-dhcp",
      "--dhcp-range=10.2.0.100,10.2.0.110,255.255.255.0,1h", "--dhcp-option=option:router,10.2.0.2", `--dhcp-leasefile=${join(lab.folder, "leases")}`, "--user=root", "--pid-file"]);
    await server.line(/DHCP, IP range/);
    // The client's own script would rewrite the machine's resolv.conf; this one only sets address and route.
    const script = join(lab.folder, "dhclient-script");
    writeFileSync(script, `#!/bin/sh
case $reason in BOUND|RENEW|REBIND|REBOOT)
  ip address replace "$new_ip_address/24" dev "$interface"
  ip route replace default via "$new_routers" dev "$interface";;
esac
`);
    chmodSync(script, 0o755);
    const client = firewall.namespace.start(["dhclient", "-4", "-d", "-1", "-sf", script, "-cf", "/dev/null", "-lf", join(lab.folder, "client-leases"), "-pf", join(lab.folder, "dhclient.pid"), "outside0"]);
    const [, leased = ""] = await client.line(/bound to (10\.2\.0\.1[0-9]+)/, 60_000);
    await until("inside reaches outside", async () => (await inside.run(["ping", "-c", "1", "-W", "1", OUTSIDE[0]])).code === 0);
    address = leased;
    await server.stop();
    await client.stop();
  });

  it("ends what is translated to an address that is gone, and nothing while it is there", async () => {
    const { firewall, outside, inside } = site;
    const change = async (...words: string[]): Promise<string> => firewall.namespace.must(["ip", "address", ...words, "dev", "outside0"]);
    const echo = await listening(outside.peer("udp-echo", OUTSIDE[0], "7071"));
    const talk = inside.peer("udp-talk", OUTSIDE[0], "7071", "10");
    await listening(outside.peer("echo", OUTSIDE[0], "7060"));
    const stream = inside.peer("talk", OUTSIDE[0], "7060", "10");
    await Promise.all([talk.line(/^echo 3$/), stream.line(/^echo 3$/)]);
    const from = (line = ""): string => line.split(" ").slice(1, 3).join(" ");
    const first = from(echo.lines.find((line) => line.startsWith("from")));
    assert.equal(first.split(" ")[0], address);
    const untranslated = async (): Promise<number> => (await firewall.counters())["sessionsUntranslated"] ?? Number.NaN;

    const seen = grows(firewall.child, /addresses that NAT translates to have changed/, 1);
    await change("add", "10.2.0.120/24");
    await seen;
    await Promise.all([grows(talk, /^echo/, 20), grows(stream, /^echo/, 20)]);
    assert.deepEqual([...new Set(echo.lines.filter((line) => line.startsWith("from")).map(from))], [first], "the same address and port");
    assert.equal(await untranslated(), 0);

    await firewall.namespace.must(["sysctl", "-q", "net.ipv4.conf.outside0.promote_secondaries=1"]);
    await change("del", `${address}/24`);
    await echo.line(/^from 10\.2\.0\.120 /);
    await grows(talk, /^echo/, 3);
    await until("both sessions have ended", async () => (await untranslated()) >= 2);
    assert.equal((await firewall.sessions()).filter((one) => one.destinationPort === 7060).length, 0, "a stream cannot go on from another address");
    await Promise.all([talk.stop(), stream.stop()]);
  });
});
