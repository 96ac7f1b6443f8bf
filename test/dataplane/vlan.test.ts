// SPDX-License-Identifier: Apache-2.0
// examples/office-vlans.yaml: three VLANs on one trunk, dual stack. This kernel has no VLAN devices, so a small tagger is
// the switch between the trunk port and one host per VLAN.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Firewall, readExample } from "../../scripts/lab/firewall";
import { Lab, root, sweep, type Namespace } from "../../scripts/lab/lab";
import { PREFIX, curl, listening, memory, url } from "./site";

const tagger = join(root, "test", "dataplane", "helpers", "tagger.py");
const HOSTS = {
  staff: { vlan: 10, v4: "10.20.10.5", v6: "2001:db8:20:10::5" },
  voice: { vlan: 20, v4: "10.20.20.5", v6: "2001:db8:20:20::5" },
  guests: { vlan: 30, v4: "10.20.30.5", v6: "2001:db8:20:30::5" },
} as const;
type HostName = keyof typeof HOSTS;
const NAMES = Object.keys(HOSTS) as HostName[];
const gateway = (address: string): string => address.replace(/5$/, "1");
/** Addresses of the Internet that the tests reach: an ordinary host, and the telephony provider. */
const WEB = ["192.0.2.80", "2001:db8:80::80"] as const;
const TELEPHONY = "198.51.100.70";

describe("VLANs on a trunk (examples/office-vlans.yaml)", function () {
  this.timeout(120_000);
  let lab: Lab;
  let firewall: Firewall;
  let internet: Namespace;
  let trunk: Namespace;
  const hosts = {} as Record<HostName, Namespace>;

  before(async () => {
    await sweep(PREFIX);
    lab = new Lab(PREFIX);
    trunk = await lab.namespace("trunk");
    internet = await lab.namespace("internet");
    for (const name of NAMES) hosts[name] = await lab.namespace(name);
    firewall = new Firewall(lab, await lab.namespace("fw"));
    const config = readExample("office-vlans.yaml");
    Object.assign(config.spec.dataplane ?? {}, { memory: memory(), sessions: { ipv4: 8192, ipv6: 8192 } });
    await firewall.start(config);
    // The ports are made in the firewall's own namespace and then moved, as a person would plug them.
    await firewall.namespace.must(["ip", "link", "set", "trunk", "netns", trunk.name]);
    await firewall.namespace.must(["ip", "link", "set", "provider", "netns", internet.name]);
    await trunk.device("trunk", []);
    await internet.device("provider", ["198.51.100.1/30", "2001:db8:ffff::1/126"], [
      ["10.20.0.0/16", "via", "198.51.100.2"],
      ["2001:db8:20::/48", "via", "2001:db8:ffff::2"],
    ]);
    for (const address of [...WEB, TELEPHONY]) await internet.must(["ip", "address", "add", address, "dev", "lo"]);
    await trunk.start([tagger, "trunk", ...NAMES.map((name) => `${HOSTS[name].vlan}=${name}`), "99=stray"]).line(/^ready/);
    for (const name of NAMES) {
      const { v4, v6 } = HOSTS[name];
      await trunk.must(["ip", "link", "set", name, "netns", hosts[name].name]);
      await hosts[name].device(name, [`${v4}/24`, `${v6}/64`], [["default", "via", gateway(v4)], ["default", "via", gateway(v6)]]);
    }
    await trunk.device("stray", ["10.20.10.77/24"]);
    for (const address of WEB) await listening(internet.peer("http", address, "80", "web"));
  });
  after(() => lab.close());

  for (const name of NAMES) {
    it(`answers ping of ${name} on its VLAN's own address, in both families`, async () => {
      for (const address of [HOSTS[name].v4, HOSTS[name].v6]) await hosts[name].must(["ping", "-c", "1", "-W", "10", gateway(address)]);
    });
  }

  it("lets staff and guests browse, in both families", async () => {
    for (const name of ["staff", "guests"] as const) {
      for (const address of WEB) assert.equal((await hosts[name].must(curl(url(address)))).trim(), "web");
    }
  });

  it("keeps guests away from the office, with a refusal at once", async () => {
    await listening(hosts.staff.peer("http", HOSTS.staff.v4, "80", "secret"));
    const { code } = await hosts.guests.run(curl(url(HOSTS.staff.v4)));
    assert.equal(code, 7);
  });

  it("routes from one VLAN to another on the same port where a policy allows it", async () => {
    await listening(hosts.voice.peer("http", HOSTS.voice.v4, "80", "phone"));
    assert.equal((await hosts.staff.must(curl(url(HOSTS.voice.v4)))).trim(), "phone");
    const back = await hosts.voice.run(curl(url(HOSTS.staff.v4), 2));
    assert.equal(back.code, 28, "voice to staff is dropped");
  });

  it("lets phones reach their telephony servers only", async () => {
    await listening(internet.peer("udp-echo", TELEPHONY, "5060"));
    await hosts.voice.peer("udp-talk", TELEPHONY, "5060", "200", "5").line(/^echo/);
    const web = await hosts.voice.run(curl(url(WEB[0]), 2));
    assert.equal(web.code, 28);
    // The call the other way: from the provider's server to the phone.
    await listening(hosts.voice.peer("udp-echo", HOSTS.voice.v4, "20000"));
    const call = internet.start(["nc", "-u", "-s", TELEPHONY, HOSTS.voice.v4, "20000"]);
    call.write("ring\n");
    await call.line(/^ring$/);
    await call.stop().catch(() => undefined);
  });

  it("drops a VLAN that no interface has, with a reason of its own", async () => {
    const before = (await firewall.drops())["vlan-unknown"] ?? 0;
    await trunk.run(["ping", "-c", "1", "-W", "1", "10.20.10.1"]); // by the host on VLAN 99
    assert.ok(((await firewall.drops())["vlan-unknown"] ?? 0) > before);
  });
});
