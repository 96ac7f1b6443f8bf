// SPDX-License-Identifier: Apache-2.0

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  observedGeneration?: number | undefined;
  lastTransitionTime: string;
  reason: string;
  message: string;
}

/** What is true now; the time of the last change is added from what was true before. */
export type Fact<C extends Condition = Condition> = Omit<C, "lastTransitionTime" | "observedGeneration">;

const MAX_MESSAGE = 1024;

/** Conditions of an object in the order given. A transition time moves only when the status does. */
export function conditionsFrom<C extends Condition>(before: readonly C[] | undefined, facts: readonly Fact<C>[], generation: number, now: string): C[] {
  return facts.map((fact) => {
    const old = before?.find((condition) => condition.type === fact.type);
    const lastTransitionTime = old?.status === fact.status ? old.lastTransitionTime : now;
    return { ...fact, message: clip(fact.message, MAX_MESSAGE), observedGeneration: generation, lastTransitionTime } as C;
  });
}

/** Conditions whose status or reason is another than before. */
export function changed<C extends Condition>(before: readonly C[] | undefined, after: readonly C[]): { before: C | undefined; after: C }[] {
  return after
    .map((condition) => ({ before: before?.find((old) => old.type === condition.type), after: condition }))
    .filter(({ before: old, after: now }) => old?.status !== now.status || old.reason !== now.reason);
}

export const clip = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 3)}...`);

/** "a, b and 3 more" */
export const someOf = (names: readonly string[], most = 5): string =>
  names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;

export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
