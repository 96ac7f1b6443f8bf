// SPDX-License-Identifier: Apache-2.0
// A real server and real clients: the certificate on the wire follows the files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { systemClock } from "../kube/clock";
import { CertificateFiles } from "./certificate";
import { AgentServer } from "./server";

describe("CertificateFiles", () => {
  let folder: string;
  let server: AgentServer | undefined;
  const file = (name: string): string => join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "portcullis-certificate-"));
  });

  afterEach(() => {
    server?.shutdown();
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const make = (name: string, days = "1"): void =>
    void execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file("tls.key"), "-out", file("tls.crt"), "-subj", `/CN=${name}`, "-days", days], { stdio: "ignore" });

  const seenOn = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.once("error", reject);
    });

  it("serves the new certificate to the next client, and keeps the old one while the files do not fit together", async () => {
    make("first");
    const files = new CertificateFiles(file("tls.crt"), file("tls.key"), () => undefined);
    assert.equal(await files.read(), true);
    server = new AgentServer({ authenticator: { check: () => Promise.resolve("") }, clock: systemClock, log: { info: () => undefined, warn: () => undefined } });
    const port = await server.listen("127.0.0.1:0", files.identity);
    assert.equal(await seenOn(port), "first");
    assert.equal(await files.read(), false);
    make("second");
    writeFileSync(file("tls.key"), execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout"], { stdio: ["ignore", "pipe", "ignore"] }));
    await assert.rejects(() => files.read(), /does not belong to the certificate/);
    assert.equal(await seenOn(port), "first");
    make("third");
    assert.equal(await files.read(), true);
    assert.equal(await seenOn(port), "third");
  });

  it("refuses files that are no certificate", async () => {
    writeFileSync(file("tls.crt"), "nonsense");
    writeFileSync(file("tls.key"), "nonsense");
    await assert.rejects(() => new CertificateFiles(file("tls.crt"), file("tls.key"), () => undefined).read());
  });
});
