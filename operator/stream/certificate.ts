// SPDX-License-Identifier: Apache-2.0
// The server's certificate from two files, followed when they change. A half-written or unfit pair is not used: the one
// before stays until the files fit together.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Identity } from "./identity";

export class CertificateFiles {
  readonly identity = new Identity();
  readonly #certificateFile: string;
  readonly #keyFile: string;
  readonly #warn: (message: string) => void;

  constructor(certificateFile: string, keyFile: string, warn: (message: string) => void) {
    this.#certificateFile = certificateFile;
    this.#keyFile = keyFile;
    this.#warn = warn;
  }

  /** Reads the files; true when the certificate in use is another one now. Throws when they do not fit together. */
  async read(): Promise<boolean> {
    const [certificate, privateKey] = await Promise.all([readFile(this.#certificateFile), readFile(this.#keyFile)]);
    const { current } = this.identity;
    if (current != null && certificate.equals(current.certificate) && privateKey.equals(current.privateKey)) return false;
    const parsed = new X509Certificate(certificate);
    if (!parsed.checkPrivateKey(createPrivateKey(privateKey))) throw new Error(`the key in ${this.#keyFile} does not belong to the certificate in ${this.#certificateFile}`);
    if (Date.parse(parsed.validTo) < Date.now()) throw new Error(`the certificate in ${this.#certificateFile} expired at ${parsed.validTo}`);
    this.identity.use({ certificate, privateKey });
    return true;
  }

  /** Looks again every `everyMs` until the signal is aborted. */
  follow(everyMs: number, signal: AbortSignal, changed: () => void): void {
    let told = "";
    const look = (): void => {
      this.read().then((different) => {
        told = "";
        if (different) changed();
      }).catch((error: unknown) => {
        const { message } = error as Error;
        if (message !== told) this.#warn(`the certificate was not read again: ${message}`);
        told = message;
      });
    };
    const timer = setInterval(look, everyMs);
    timer.unref();
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }
}
