// SPDX-License-Identifier: Apache-2.0
// The node that the other tests of this ring stand on: pods with CPUs and hugepages of their own, services by name, and
// parts that come back after they were killed.
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isTrue, NODE_ADDRESS, NODE_NAME, NODES, PODS, theNode, type TestNode } from "./harness/node";

const SPACE = "node-test";

/** A server that tells its host name, and a client; one static program. */
const PROGRAM = `#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static void serve(void) {
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8080)};
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 8)) _exit(3);
	for (;;) {
		char name[64] = "";
		int peer = accept(fd, 0, 0);
		gethostname(name, sizeof(name) - 1);
		if (write(peer, name, strlen(name)) < 0) _exit(4);
		close(peer);
	}
}
int main(int argc, char **argv) {
	if (argc < 3) serve();
	char text[64] = "";
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(80)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, argv[1], &at.sin_addr);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) || read(fd, text, sizeof(text) - 1) <= 0) return 5;
	puts(text);
	return strcmp(text, argv[2]) != 0;
}
`;

const pod = (name: string, container: object, more: object = {}): string => JSON.stringify({
  apiVersion: "v1", kind: "Pod", metadata: { name, namespace: SPACE, labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "main", image: "localhost/probe:1", imagePullPolicy: "Never", ...container }], ...more },
});

describe("node: a real Kubernetes node", function () {
  this.timeout(300_000);
  let node: TestNode;

  before(async () => {
    node = await theNode();
    const program = join(node.dir, "probe");
    execFileSync("gcc", ["-static", "-w", "-Os", "-x", "c", "-", "-o", program], { input: PROGRAM });
    await node.loadSmallImage({ reference: "localhost/probe:1", files: { "/probe": program }, entrypoint: ["/probe"] });
    await node.createNamespace(SPACE);
  });

  after(async () => {
    await node?.deleteNamespace(SPACE);
  });

  it("gives a Guaranteed pod CPUs and hugepages of its own", async () => {
    const allocatable = (await node.get(NODES, NODE_NAME))?.status?.allocatable ?? {};
    assert.ok(Number(allocatable["cpu"]) >= 1, "the static CPU manager keeps one CPU for itself");
    const resources = { cpu: "1", memory: "64Mi", ...(allocatable["hugepages-2Mi"] !== "0" && { "hugepages-2Mi": "4Mi" }) };
    await node.kubectl(["apply", "-f", "-"], pod("exclusive", { resources: { requests: resources, limits: resources } }));
    const running = await node.podReady("exclusive", SPACE);
    assert.equal(running.status?.qosClass, "Guaranteed");
    const status = readFileSync(`/proc/${await node.containerPid(running)}/status`, "utf8");
    assert.match(status, /^Cpus_allowed_list:\t[1-9]\d*$/m);
  });

  it("leads from a service's address to a pod", async () => {
    await node.kubectl(["apply", "-f", "-"], pod("server", {}));
    await node.kubectl(["-n", SPACE, "expose", "pod", "server", "--port=80", "--target-port=8080"]);
    await node.podReady("server", SPACE);
    const address = await node.kubectl(["-n", SPACE, "get", "service", "server", "-o", "jsonpath={.spec.clusterIP}"]);
    await node.kubectl(["apply", "-f", "-"], pod("client", { args: [address, "server"] }, { restartPolicy: "OnFailure" }));
    const client = await node.podEnded("client", SPACE);
    assert.equal(client.status?.phase, "Succeeded", await node.kubectl(["-n", SPACE, "logs", "client"]));
    const look = `const r = new (require("node:dns").Resolver)(); r.setServers(["${NODE_ADDRESS}"]); r.resolve4("server.${SPACE}.svc.cluster.local", (e, a) => console.log(e ?? a[0]));`;
    assert.equal((await node.run([process.execPath, "-e", look])).trim(), address);
  });

  for (const part of ["kubelet", "containerd", "apiserver", "etcd", "kube-proxy", "controller-manager", "scheduler"] as const) {
    it(`goes on after ${part} was killed`, async () => {
      await node.kill(part);
      assert.equal(node.isRunning(part), false);
      await node.start(part);
      await node.ready();
      await node.until(NODES, NODE_NAME, (object) => isTrue(object?.status?.conditions, "Ready"), "Ready", 120_000);
      const name = `after-${part}`;
      await node.kubectl(["apply", "-f", "-"], pod(name, {}));
      await node.podReady(name, SPACE, 120_000);
      assert.equal((await node.get(PODS, "server", SPACE))?.status?.containerStatuses?.[0]?.restartCount, 0, "a pod that ran goes on");
      await node.kubectl(["-n", SPACE, "delete", "pod", name, "--grace-period=1"]);
    });
  }
});
