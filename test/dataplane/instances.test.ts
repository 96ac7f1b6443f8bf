// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { Firewall, portcullis } from "../../scripts/lab/firewall";
import { Lab, sweep, type Namespace } from "../../scripts/lab/lab";
import { PREFIX, config, configureHosts, curl, grows, listening, memory, openSite, startSite, url, OUTSIDE, type Site } from "./site";

describe("several instances on one machine", function () {
  this.timeout(120_000);
  let first: Site;
  let other: { firewall: Firewall; left: Namespace; right: Namespace };

  before(async () => {
    first = await startSite([{ name: "out", from: ["inside"], to: ["outside"], action: "Permit" }]);
    const left = await first.lab.namespace("left");
    const right = await first.lab.namespace("right");
    // The second instance shares the first one's namespace, and has its own state directory.
    const firewall = new Firewall(first.lab, first.firewall.namespace, "second");
    const document = config(first.lab, [{ name: "all", action: "Permit" }]);
    document.metadata.name = "second";
    document.spec.dataplane = {
      memory: memory(),
      sessions: { ipv4: 4096, ipv6: 4096 },
      ports: ["left", "right"].map((name) => ({ name, tap: { networkNamespace: `${first.lab.prefix}-${name}` } })),
    };
    document.spec.zones = [{ name: "all" }];
    delete document.spec.applications;
    document.spec.interfaces = [
      { name: "left0", port: "left", zone: "all", addresses: ["10.3.0.1/24"] },
      { name: "right0", port: "right", zone: "all", addresses: ["10.4.0.1/24"] },
    ];
    await firewall.start(document);
    await left.device("left", ["10.3.0.2/24"], [["default", "via", "10.3.0.1"]]);
    await right.device("right", ["10.4.0.2/24"], [["default", "via", "10.4.0.1"]]);
    other = { firewall, left, right };
  });
  after(() => first.lab.close());

  it("forwards by its own configuration each", async () => {
    await listening(first.outside.peer("http", OUTSIDE[0], "80", "first"));
    await listening(other.right.peer("http", "10.4.0.2", "80", "second"));
    assert.equal((await first.inside.must(curl(url(OUTSIDE[0])))).trim(), "first");
    assert.equal((await other.left.must(curl(url("10.4.0.2")))).trim(), "second");
    const [a, b] = [await first.firewall.status(), await other.firewall.status()];
    assert.notEqual(a.worker.pid, b.worker.pid);
    assert.notEqual(a.hash, b.hash);
  });

  it("keeps the one when the other's worker is killed or stopped", async () => {
    await listening(first.outside.peer("echo", OUTSIDE[0], "7000"));
    const talk = first.inside.peer("talk", OUTSIDE[0], "7000", "10");
    await talk.line(/^echo 5$/);
    const { pid } = (await first.firewall.status()).worker;
    await other.firewall.killWorker();
    assert.equal((await other.left.must(curl(url("10.4.0.2")))).trim(), "second");
    await other.firewall.stop();
    await grows(talk, /^echo/, 20);
    assert.equal((await first.firewall.status()).worker.pid, pid);
  });

  it("refuses a second instance on the same state directory, and leaves the first alone", async () => {
    const { pid } = (await first.firewall.status()).worker;
    const second = first.firewall.namespace.start([portcullis, "run", "--config", first.firewall.file, "--state-dir", first.firewall.stateDir]);
    assert.notEqual(await second.exit, 0);
    assert.equal(second.lines.filter((line) => line.startsWith("portcullis:")).length, 1, second.tail());
    assert.match(second.tail(), new RegExp(`${first.firewall.stateDir}.*${first.firewall.child.pid}|${first.firewall.child.pid}.*${first.firewall.stateDir}`), "the error names the directory and the process");
    assert.equal((await first.firewall.status()).worker.pid, pid);
  });
});

describe("a site that is taken down while it is built", function () {
  it("leaves no namespace and no device behind", async () => {
    const site = await openSite();
    site.firewall.write(config(site.lab, []));
    site.firewall.run();
    await configureHosts(site);
    await site.lab.close();
    await sweep(PREFIX);
    assert.ok(new Lab(PREFIX).prefix === site.lab.prefix);
  });
});
