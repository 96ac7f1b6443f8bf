// SPDX-License-Identifier: Apache-2.0
// Which words on the command line ask a cluster. Apart from the options themselves, so that finding out loads nothing.

const OPTIONS = ["kubeconfig", "context", "cluster", "user", "as", "as-group", "request-timeout", "namespace", "node"];

export const CLUSTER_WORDS: ReadonlySet<string> = new Set([...OPTIONS.map((name) => `--${name}`), "-n"]);
