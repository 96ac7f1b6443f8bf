// SPDX-License-Identifier: Apache-2.0
// spec.schedules: times of the week. A window over midnight becomes two.
import { DAYS, type ScheduleWindow } from "../../crds/index";
import { FW_MAX_SCHEDULE_WINDOWS } from "../../program/limits";
import type { ScheduleRow } from "../../program/program";
import type { Report } from "./issue";
import type { Scope } from "./scope";

type Window = ScheduleRow["windows"][number];

const DAY_MINUTES = 1440;
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

export function compileSchedules(scope: Scope, report: Report): ScheduleRow[] {
  const rows = scope.schedules.sorted().map((position): ScheduleRow => {
    const { name, timeZone, windows } = scope.schedules.items[position]!;
    return {
      name,
      timeZone: checkTimeZone(timeZone, `spec.schedules[${position}].timeZone`, report),
      windows: windows.flatMap(compileWindow).sort(compareWindows),
    };
  });
  const count = rows.reduce((sum, row) => sum + row.windows.length, 0);
  if (count > FW_MAX_SCHEDULE_WINDOWS) {
    const message = `The schedules have ${count} windows in all, those over midnight counted twice; at most ${FW_MAX_SCHEDULE_WINDOWS} fit.`;
    report.error("LimitExceeded", scope.schedules.path, message);
  }
  return rows;
}

/** The name as the time zone database spells it. */
function checkTimeZone(name: string, path: string, report: Report): string {
  try {
    const known = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    return known.toLowerCase() === name.toLowerCase() ? known : name;
  } catch {
    report.error("UnknownTimeZone", path, `The time zone database has no "${name}"; write a name such as Europe/Berlin or UTC.`);
    return "UTC";
  }
}

function compileWindow(window: ScheduleWindow): Window[] {
  const days = window.days === undefined ? EVERY_DAY : window.days.map((day) => DAYS.indexOf(day)).sort();
  const [from, to] = [minutes(window.from), minutes(window.to)];
  if (to > from) return [{ days, startMinute: from, endMinute: to }];
  const first = { days, startMinute: from, endMinute: DAY_MINUTES };
  return to === 0 ? [first] : [first, { days: days.map((day) => (day + 1) % 7).sort(), startMinute: 0, endMinute: to }];
}

function minutes(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}

/** The order has no meaning. */
function compareWindows(a: Window, b: Window): number {
  return a.startMinute - b.startMinute || a.endMinute - b.endMinute || (a.days.join() < b.days.join() ? -1 : 1);
}
