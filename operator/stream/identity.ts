// SPDX-License-Identifier: Apache-2.0
// The certificate that the server shows, which may change at any time. Before there is one, connections are refused.
import type { experimental } from "@grpc/grpc-js";

type Listener = experimental.IdentityCertificateUpdateListener;
export type IdentityPair = experimental.IdentityCertificateUpdate;

export class Identity implements experimental.CertificateProvider {
  readonly #listeners = new Set<Listener>();
  #current: IdentityPair | undefined;

  get current(): IdentityPair | undefined {
    return this.#current;
  }

  use(pair: NonNullable<IdentityPair>): void {
    this.#current = pair;
    for (const listener of this.#listeners) listener(pair);
  }

  addIdentityCertificateListener(listener: Listener): void {
    this.#listeners.add(listener);
    const current = this.#current;
    if (current !== undefined) process.nextTick(() => listener(current));
  }

  removeIdentityCertificateListener(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  addCaCertificateListener(): void {
    // Agents show tokens, not certificates.
  }

  removeCaCertificateListener(): void {
    // See addCaCertificateListener.
  }
}
