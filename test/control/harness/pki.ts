// SPDX-License-Identifier: Apache-2.0
// Certificates and tokens of a test cluster, made by openssl and node:crypto.
import { createSign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./processes";

export class Pki {
  readonly dir: string;
  readonly #names: string;

  /** Every certificate is for these names, and may be used by servers and clients. */
  constructor(dir: string, names = "DNS:localhost,DNS:kubernetes.default.svc,DNS:portcullis-operator.portcullis-system.svc,IP:127.0.0.1") {
    this.dir = dir;
    this.#names = names;
  }

  path(file: string): string {
    return join(this.dir, file);
  }

  async authority(name: string): Promise<void> {
    await this.#openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", this.path("ca.key")]);
    await this.#openssl(["req", "-x509", "-new", "-key", this.path("ca.key"), "-subj", `/CN=${name}`, "-days", "2", "-out", this.path("ca.crt")]);
  }

  async serviceAccountKey(): Promise<void> {
    await this.#openssl(["genrsa", "-out", this.path("sa.key"), "2048"]);
    await this.#openssl(["rsa", "-in", this.path("sa.key"), "-pubout", "-out", this.path("sa.pub")]);
  }

  async create(): Promise<void> {
    await this.authority("test-ca");
    await this.serviceAccountKey();
    await this.certificate("apiserver", "/CN=kube-apiserver");
    await this.certificate("admin", "/O=system:masters/CN=admin");
    await this.certificate("operator-user", "/CN=system:serviceaccount:portcullis-system:portcullis-operator");
    await this.certificate("operator", "/CN=portcullis-operator.test");
  }

  async certificate(name: string, subject: string): Promise<void> {
    const [key, csr, crt, ext] = ["key", "csr", "crt", "ext"].map((end) => this.path(`${name}.${end}`)) as [string, string, string, string];
    writeFileSync(ext, `subjectAltName=${this.#names}\nextendedKeyUsage=serverAuth,clientAuth\n`);
    await this.#openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key]);
    await this.#openssl(["req", "-new", "-key", key, "-subj", subject, "-out", csr]);
    await this.#openssl(["x509", "-req", "-in", csr, "-CA", this.path("ca.crt"), "-CAkey", this.path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", ext, "-out", crt]);
  }

  kubeconfig(user: string, server: string): string {
    const file = this.path(`${user}-${new URL(server).port}.kubeconfig`);
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server, "certificate-authority": this.path("ca.crt") } }],
      users: [{ name: user, user: { "client-certificate": this.path(`${user}.crt`), "client-key": this.path(`${user}.key`) } }],
      contexts: [{ name: "test", context: { cluster: "test", user } }],
      "current-context": "test",
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** A token as the API server would sign it, with any claims: also expired ones. */
  sign(claims: object): string {
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${encode({ alg: "RS256" })}.${encode(claims)}`;
    const signature = createSign("RSA-SHA256").update(text).sign(readFileSync(this.path("sa.key"))).toString("base64url");
    return `${text}.${signature}`;
  }

  async #openssl(args: readonly string[]): Promise<void> {
    await run(["openssl", ...args]);
  }
}
