// SPDX-License-Identifier: Apache-2.0
// From measured values to rows of the result.
import { goal, type Direction, type Goal, type Part, type Unit } from "./goals";

export interface Measured {
  readonly value: number;
  /** Quarter and three quarters of the values of single turns; absent: measured once. */
  readonly spread?: readonly [number, number];
}

export interface RowPart {
  readonly name: string;
  readonly ratio: number | null;
  readonly must: number;
  readonly target: number | null;
  readonly met: boolean;
  readonly spread: readonly [number, number] | null;
  readonly unit: Unit;
}

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly unit: Unit;
  readonly direction: Direction;
  /** Of the part that is furthest from its goal; null: not measured, and note says why. */
  readonly ratio: number | null;
  readonly must: number;
  readonly target: number | null;
  readonly met: boolean;
  readonly targetMet: boolean;
  readonly spread: readonly [number, number] | null;
  readonly parts: readonly RowPart[];
  readonly note: string;
}

export function reaches(direction: Direction, value: number, limit: number): boolean {
  return direction === "least" ? value >= limit : value <= limit;
}

/** How far from its goal: 1 is just there, more is better. */
function margin(direction: Direction, part: RowPart): number {
  if (part.ratio === null) return -1;
  if (direction === "least") return part.ratio / part.must;
  return part.must === 0 ? (part.ratio <= 0 ? 1 : 0) : part.must / Math.max(part.ratio, 1e-9);
}

function rowPart({ direction, unit }: Goal, part: Part, measured: Measured | null): RowPart {
  const ratio = measured === null || !Number.isFinite(measured.value) ? null : round(measured.value);
  return {
    ...part,
    unit: part.unit ?? unit,
    ratio,
    met: ratio !== null && reaches(direction, ratio, part.must),
    spread: measured?.spread === undefined ? null : [round(measured.spread[0]), round(measured.spread[1])],
  };
}

/** Four digits say more than any of this is good for. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** measured: one for each part of the goal, in order; null where there is none. */
export function makeRow(id: string, measured: readonly (Measured | null)[], note: string): Row {
  const row = goal(id);
  const { name, direction } = row;
  const parts = row.parts.map((part, i) => rowPart(row, part, measured[i] ?? null));
  const worst = parts.reduce((a, b) => (margin(direction, b) < margin(direction, a) ? b : a));
  return {
    id, name, unit: worst.unit, direction,
    ratio: worst.ratio, must: worst.must, target: worst.target, spread: worst.spread,
    met: parts.every((part) => part.met),
    targetMet: parts.every((part) => part.ratio !== null && part.target !== null && reaches(direction, part.ratio, part.target)),
    parts, note,
  };
}

export function notMeasured(id: string, why: string): Row {
  return makeRow(id, [], `not measured: ${why}`);
}
