// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { Firewall, portcullis, type Document, type Policy } from "../../scripts/lab/firewall";
import { Lab, sweep, until, type Namespace } from "../../scripts/lab/lab";
import { PREFIX, config, configureHosts, curl, grows, listening, memory, openSite, startSite, url, OUTSIDE, type Site } from "./site";

describe("several instances on one machine", function () {
  this.timeout(120_000);
  let first: Site & { document: Document };
  let other: { firewall: Firewall; left: Namespace; right: Namespace; document: Document };

  before(async () => {
    const policies: Policy[] = [{ name: "out", from: ["inside"], to: ["outside"], action: "Permit" }];
    const site = await startSite(policies);
    first = { ...site, document: config(site.lab, policies) };
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
    other = { firewall, left, right, document };
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

  it("leaves the other's routes that drop in the kernel, and takes over a common one", async () => {
    const drops = (...prefixes: string[]) => ({ static: prefixes.map((prefix) => ({ prefix, type: "Blackhole" as const })) });
    const kernel = async (): Promise<string[]> =>
      (await Promise.all(["-4", "-6"].map((family) => first.firewall.namespace.must(["ip", family, "route", "show", "type", "blackhole", "proto", "86"]))))
        .join("").split("\n").filter((line) => line !== "").map((line) => line.split(" ")[1] ?? "").sort();
    const has = (...prefixes: string[]): Promise<unknown> => until(`just ${prefixes}`, async () => JSON.stringify(await kernel()) === JSON.stringify(prefixes), 60_000);
    const [mine, theirs, common] = ["198.18.0.0/16", "2001:db8:77::/48", "198.20.0.0/16"] as const;
    const one = (...prefixes: string[]): Document => ({ ...first.document, spec: { ...first.document.spec, routing: drops(...prefixes) } });
    const two = (...prefixes: string[]): Document => ({ ...other.document, spec: { ...other.document.spec, routing: drops(...prefixes) } });
    await first.firewall.apply(one(mine, common));
    await has(mine, common);
    await other.firewall.apply(two(theirs, common)); // it looks at all of the kernel's before it is in force
    await has(mine, common, theirs);
    await first.firewall.apply(one(mine, common, "198.21.0.0/16"));
    await has(mine, common, "198.21.0.0/16", theirs);
    await first.firewall.killWorker(); // the next one knows its own again
    await first.firewall.apply(one(mine));
    await has(mine, common, theirs); // for a moment it is nobody's
    await other.firewall.apply(other.document);
    await has(mine);
    await first.firewall.apply(first.document);
    await has();
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
