// SPDX-License-Identifier: Apache-2.0
import type { CheckInput } from "./checks";
export function shadowedPolicies(_input: CheckInput): void {}
