// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { FLAGS, readOptions, usage, UsageError } from "./options";

const TLS = ["--tls-cert", "a.crt", "--tls-key", "a.key"];

describe("readOptions()", () => {
  it("takes a flag, then the environment, then the default", () => {
    const env = { PORTCULLIS_TLS_CERT: "env.crt", PORTCULLIS_TLS_KEY: "env.key", PORTCULLIS_STOP_TIMEOUT: "1m30s", POD_NAMESPACE: "firewalls" };
    const options = readOptions(["--tls-cert", "flag.crt"], env);
    assert.deepEqual([options.tls?.cert, options.tls?.key, options.stopMs, options.namespace, options.leaseMs, options.audience], ["flag.crt", "env.key", 90_000, "firewalls", 15_000, "portcullis-operator"]);
    assert.notEqual(readOptions(TLS, {}).identity, readOptions(TLS, {}).identity, "two replicas on one host must differ");
  });

  it("without files the certificate is for the Service of its namespace", () => {
    const options = readOptions(["--namespace", "fw"], {});
    assert.deepEqual([options.tls, options.tlsNames[1]], [undefined, "portcullis-operator.fw.svc"]);
    assert.deepEqual(readOptions(["--tls-names", "a.example,b.example"], {}).tlsNames, ["a.example", "b.example"]);
  });

  const wrong: [args: string[], message: RegExp][] = [
    [["--tls-cert", "a.crt"], /--tls-cert and --tls-key belong together/],
    [[...TLS, "--tls-names", "a b"], /"a b" is no DNS name/],
    [[...TLS, "--lease-duration", "soon"], /--lease-duration is "soon"; write a time such as 15s/],
    [[...TLS, "--renew-deadline", "20s"], /--renew-deadline, and that shorter than --lease-duration/],
    [[...TLS, "--service-accounts", "agent"], /"agent" is not NAMESPACE\/NAME/],
    [[...TLS, "--agent-tokens", "Any"], /--agent-tokens is "Any"; write Pod or PodOrNode/],
    [[...TLS, "--log-level", "loud"], /"loud" is unknown/],
    [[...TLS, "--nonsense", "1"], /nonsense/],
  ];
  for (const [args, message] of wrong) {
    it(`refuses ${args.slice(4).join(" ") || "a certificate without its key"}`, () => {
      assert.throws(() => readOptions(args, {}), (error) => error instanceof UsageError && message.test(error.message));
    });
  }

  it("usage() names every flag and variable", () => {
    for (const [name, { env }] of Object.entries(FLAGS)) assert.ok(usage().includes(`--${name} `) && usage().includes(`[${env}]`), name);
  });
});
