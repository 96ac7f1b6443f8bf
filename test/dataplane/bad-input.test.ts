// SPDX-License-Identifier: Apache-2.0
// What `portcullis run` says to a person about input that it cannot use: one clear error that names the object and the
// cure, a non-zero exit at the start, and nothing but a message while an earlier configuration runs.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { complaints, Firewall, portcullis, type Document, type Policy } from "../../scripts/lab/firewall";
import { must, run, until, type Child } from "../../scripts/lab/lab";
import { config, configureHosts, curl, listening, openSite, startSite, url, OUTSIDE, type Site } from "./site";

interface Case {
  name: string;
  /** The text or the changed document. */
  bad: (good: Document, site: Site) => Document | string;
  /** The error names the object ... */
  names: RegExp;
  /** ... and what to do, where that does not follow from the name. */
  cure?: RegExp;
}

const edit = (good: Document, change: (spec: Document["spec"]) => void): Document => {
  const copy = structuredClone(good);
  change(copy.spec);
  return copy;
};

const cases: Case[] = [
  { name: "wrong YAML", bad: () => "spec: [1, 2\nx: y\n", names: /line [0-9]+/ },
  { name: "an empty file", bad: () => "", names: /empty/ },
  { name: "another kind of object", bad: () => "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", names: /apiVersion/, cure: /portcullis\.dev\/v1alpha1/ },
  { name: "an unknown field", bad: (good) => edit(good, (spec) => Object.assign(spec, { polices: [] })), names: /spec\.polices/, cure: /policies/ },
  { name: "no default action", bad: (good) => edit(good, (spec) => delete (spec as Partial<Document["spec"]>).defaultAction), names: /spec\.defaultAction/ },
  { name: "overlapping addresses", bad: (good) => edit(good, (spec) => (spec.interfaces ?? [])[1]?.addresses?.push("10.1.0.200/25")), names: /spec\.interfaces\[1\]\.addresses/, cure: /inside0/ },
  { name: "a missing zone", bad: (good) => edit(good, (spec) => (spec.interfaces ?? []).forEach((one) => (one.zone = "nowhere"))), names: /spec\.interfaces\[0\]\.zone.*nowhere/ },
  {
    name: "an interface that does not exist",
    bad: (good) => edit(good, (spec) => Object.assign((spec.dataplane?.ports ?? [])[0] ?? {}, { tap: undefined, kernelInterface: { name: "nosuch0" } })),
    names: /inside.*nosuch0|nosuch0.*inside/s,
  },
  { name: "more cores than the machine has", bad: (good) => edit(good, (spec) => Object.assign(spec.dataplane ?? {}, { cores: { list: "900" } })), names: /cores.*900/, cure: /core/ },
  {
    name: "more hugepages than there are",
    bad: (good) => edit(good, (spec) => Object.assign(spec.dataplane ?? {}, { memory: { size: "900Gi", pageSize: "2Mi" } })),
    names: /spec\.dataplane\.memory/,
    cure: /nr_hugepages|4Ki/,
  },
  {
    name: "memory that is too small",
    bad: (good) => edit(good, (spec) => Object.assign(spec.dataplane ?? {}, { memory: { size: "4Mi", pageSize: "4Ki" } })),
    names: /spec\.dataplane\.memory\.size/,
  },
  {
    name: "a network namespace that does not exist",
    bad: (good) => edit(good, (spec) => Object.assign((spec.dataplane?.ports ?? [])[0] ?? {}, { tap: { networkNamespace: "no-such-namespace" } })),
    names: /no-such-namespace/,
  },
  {
    name: "a PCI device that does not exist",
    bad: (good) => edit(good, (spec) => Object.assign((spec.dataplane?.ports ?? [])[0] ?? {}, { tap: undefined, pci: { address: "ffff:1f:1f.7" } })),
    names: /ffff:1f:1f\.7/,
  },
];

const errors = (child: Child): string[] => child.lines.filter((line) => line.startsWith("portcullis: "));

describe("bad input at the start", function () {
  this.timeout(120_000);
  let site: Site;
  let held: Child;
  before(async () => {
    site = await openSite();
    // A TAP device that another process has open.
    held = site.firewall.namespace.start(["python3", "-c",
      "import fcntl,os,struct,time\nf=os.open('/dev/net/tun',os.O_RDWR)\nfcntl.ioctl(f,0x400454ca,struct.pack('16sH22x',b'busy0',0x1002))\nprint('open',flush=True)\ntime.sleep(100000)"]);
    await held.line(/^open/);
  });
  after(() => site.lab.close());

  const refuses = async (document: Document | string, name: string, env?: NodeJS.ProcessEnv, command: string[] = []): Promise<string> => {
    const firewall = new Firewall(site.lab, site.firewall.namespace, name.replaceAll(/[^a-z]/g, "-"));
    firewall.write(document);
    const child = firewall.namespace.start([...command, portcullis, "run", "--config", firewall.file, "--state-dir", firewall.stateDir], env);
    const code = await Promise.race([child.exit, until("the end of run", () => Promise.resolve(child.code), 60_000)]);
    assert.notEqual(code, 0, child.tail());
    assert.equal(errors(child).length, 1, `one error, but it said:\n${child.tail(30)}`);
    assert.doesNotMatch(child.tail(50), /^\s+at .*:[0-9]+:[0-9]+/m, "no stack trace");
    return child.tail(50); // the issues stand above the error, each with its place and path
  };

  for (const { name, bad, names, cure } of cases) {
    it(`${name}: one error, exit code not 0`, async () => {
      const error = await refuses(bad(config(site.lab, []), site), name);
      assert.match(error, names);
      if (cure !== undefined) assert.match(error, cure);
    });
  }

  it("a file that does not exist: names it", async () => {
    const child = site.firewall.namespace.start([portcullis, "run", "--config", join(site.lab.folder, "absent.yaml"), "--state-dir", site.firewall.stateDir]);
    assert.notEqual(await child.exit, 0);
    assert.match(child.tail(), /absent\.yaml/);
  });

  it("a port that another process has open: names the port and the device", async () => {
    const document = edit(config(site.lab, []), (spec) => Object.assign((spec.dataplane?.ports ?? [])[0] ?? {}, { tap: { name: "busy0" } }));
    assert.match(await refuses(document, "busy"), /inside.*busy0|busy0.*inside/);
  });

  it("no rights: says which", async () => {
    const document = config(site.lab, []);
    const error = await refuses(document, "rights", undefined, ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]);
    assert.match(error, /CAP_NET_ADMIN/);
  });

  it("a worker that does not start: names it", async () => {
    assert.match(await refuses(config(site.lab, []), "worker", { ...process.env, PORTCULLIS_WORKER: "/nonexistent/portcullis-worker" }), /\/nonexistent\/portcullis-worker/);
    assert.match(await refuses(config(site.lab, []), "worker-ends", { ...process.env, PORTCULLIS_WORKER: "/bin/false" }), /worker/);
  });

  it("a state directory that is a file: names it", async () => {
    const file = join(site.lab.folder, "plain-file");
    writeFileSync(file, "");
    site.firewall.write(config(site.lab, []));
    const child = site.firewall.namespace.start([portcullis, "run", "--config", site.firewall.file, "--state-dir", file]);
    assert.notEqual(await child.exit, 0);
    assert.match(child.tail(), /plain-file/);
  });
});

describe("bad input while a good configuration runs", function () {
  this.timeout(120_000);
  let site: Site;
  let good: Document;
  before(async () => {
    site = await startSite([{ name: "out", from: ["inside"], to: ["outside"], applications: ["web"], action: "Permit" }]);
    good = config(site.lab, [{ name: "out", from: ["inside"], to: ["outside"], applications: ["web"], action: "Permit" }]);
    await listening(site.outside.peer("http", OUTSIDE[0], "80", "still here"));
  });
  after(() => site.lab.close());

  for (const { name, bad, names } of cases) {
    it(`${name}: the earlier configuration goes on, and status says why`, async () => {
      const before = await site.firewall.status();
      site.firewall.write(bad(good, site));
      const status = await until("status names the problem", async () => {
        const seen = await site.firewall.status();
        return names.test(complaints(seen)) ? seen : undefined;
      });
      assert.equal(status.hash, before.hash);
      assert.equal(status.phase, "Forwarding");
      assert.equal(status.worker.pid, before.worker.pid, "the worker was not restarted");
      assert.equal((await site.inside.must(curl(url(OUTSIDE[0])))).trim(), "still here");
      await site.firewall.apply(good);
      await until("the problem is over", async () => complaints(await site.firewall.status()) === "");
    });
  }

});

describe("a full disk under the state directory", function () {
  this.timeout(120_000);
  let site: Site;
  before(async () => {
    site = await openSite();
    await must(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", site.firewall.stateDir]);
    site.lab.atEnd(async () => must(["umount", "-l", site.firewall.stateDir]));
  });
  after(() => site.lab.close());

  const small = (policies: Policy[]): Document =>
    edit(config(site.lab, policies), (spec) => Object.assign(spec.dataplane ?? {}, { memory: { size: "96Mi", pageSize: "4Ki" }, sessions: { ipv4: 256, ipv6: 256 } }));
  const fill = (): Promise<unknown> => run(["dd", "if=/dev/zero", `of=${join(site.firewall.stateDir, "filler")}`, "bs=64k"]);

  it("goes on forwarding, and says what could not be stored", async () => {
    await site.firewall.start(small([{ name: "out", from: ["inside"], to: ["outside"], action: "Permit" }]));
    await configureHosts(site);
    await listening(site.outside.peer("http", OUTSIDE[0], "80", "still here"));
    await fill();
    site.firewall.write(small([{ name: "out-again", from: ["inside"], to: ["outside"], action: "Permit" }]));
    const status = await until("status names the full disk", async () => {
      const seen = await site.firewall.status();
      return /full|space/.test(complaints(seen)) ? seen : undefined;
    });
    assert.equal(status.phase, "Forwarding");
    assert.equal((await site.inside.must(curl(url(OUTSIDE[0])))).trim(), "still here");
    rmSync(join(site.firewall.stateDir, "filler"));
    await site.firewall.apply(small([{ name: "out-third", from: ["inside"], to: ["outside"], action: "Permit" }]));
    await until("the problem is over", async () => complaints(await site.firewall.status()) === "");
    assert.equal(await site.firewall.stop(), 0);
  });

  it("refuses to start on one, and names the directory", async () => {
    await fill();
    const child = site.firewall.run();
    assert.notEqual(await child.exit, 0);
    assert.equal(errors(child).length, 1, child.tail());
    assert.match(errors(child)[0] ?? "", /full|space/);
    assert.ok((errors(child)[0] ?? "").includes(site.firewall.stateDir), child.tail());
  });
});
