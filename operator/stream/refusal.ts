// SPDX-License-Identifier: Apache-2.0
// Why an agent is not let in; the metric portcullis_operator_streams_refused_total counts by these.
export const REFUSALS = ["NoToken", "InvalidToken", "WrongAudience", "NotNodeBound", "NotPodBound", "OtherNode", "WrongServiceAccount", "UnknownNode", "UnknownPod", "ForeignPod"] as const;
export type Refusal = (typeof REFUSALS)[number];

/** The API server gave no verdict: neither yes nor no. */
export class ReviewUnavailableError extends Error {
  override readonly name = "ReviewUnavailableError";
}

export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly refusal: Refusal;
  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}
