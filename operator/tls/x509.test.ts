// SPDX-License-Identifier: Apache-2.0
// What is written here is read by OpenSSL, on the command line and on the wire.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { integer, oid, time } from "./der";
import { issueAuthority, issueServer } from "./x509";

const DAY = 86_400_000;
const NAMES = ["portcullis-operator.fw", "portcullis-operator.fw.svc"];

describe("certificates of our own", () => {
  const authority = issueAuthority(Date.now(), 30 * DAY);
  const server = issueServer(authority, NAMES, Date.now(), 10 * DAY);

  it("DER: numbers, times and identifiers are as short as they must be", () => {
    assert.equal(integer(Buffer.from([0, 0, 0x80])).toString("hex"), "02020080");
    assert.equal(integer(Buffer.from([0])).toString("hex"), "020100");
    assert.equal(oid("1.2.840.10045.4.3.2").toString("hex"), "06082a8648ce3d040302");
    assert.equal(time(Date.UTC(2049, 11, 31, 23, 59, 59)).subarray(2).toString(), "491231235959Z");
    assert.equal(time(Date.UTC(2050, 0, 1)).subarray(2).toString(), "20500101000000Z");
  });

  it("openssl verifies them strictly, for their purpose and names only", () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-x509-"));
    try {
      const [ca, crt] = [join(folder, "ca.crt"), join(folder, "server.crt")];
      writeFileSync(ca, authority.certificate);
      writeFileSync(crt, server.certificate);
      const verify = (...more: string[]): string => execFileSync("openssl", ["verify", "-x509_strict", "-CAfile", ca, ...more, crt], { stdio: "pipe" }).toString();
      assert.match(verify("-purpose", "sslserver", "-verify_hostname", NAMES[1] as string), /OK/);
      assert.throws(() => verify("-purpose", "sslclient"), /purpose/);
      assert.throws(() => verify("-verify_hostname", "elsewhere.fw.svc"), /mismatch/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("a server's certificate ends with its authority at the latest", () => {
    const { certificate } = issueServer(authority, NAMES, Date.now(), 900 * DAY);
    assert.equal(new X509Certificate(certificate).validTo, new X509Certificate(authority.certificate).validTo);
  });

  it("a client that trusts the authority connects by name; one that trusts another refuses", async () => {
    const listener = createServer({ cert: server.certificate, key: server.key }, (socket) => socket.end());
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as AddressInfo;
    const dial = (ca: string, servername: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port, host: "127.0.0.1", ca, servername }, () => { socket.destroy(); resolve(); });
        socket.once("error", reject);
      });
    try {
      await dial(authority.certificate, NAMES[1] as string);
      await assert.rejects(dial(authority.certificate, "localhost"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
      await assert.rejects(dial(issueAuthority(Date.now(), DAY).certificate, NAMES[1] as string), /unable to verify|self.signed/);
    } finally {
      listener.close();
    }
  });
});
