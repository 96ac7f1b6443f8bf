// SPDX-License-Identifier: Apache-2.0
// spec.schedules: when policies take part.
import { z } from "zod";
import { atomic, mapOf, object, setOf } from "./rules";
import * as v from "./values";

export const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

const window = object("ScheduleWindow", {
  days: setOf(z.array(z.enum(DAYS).describe("A day of the week.")).min(1).max(7)).optional().describe("Days on which the window begins. Default: every day."),
  from: v.timeOfDay(false).describe("When it begins, for example \"08:00\"."),
  to: v.timeOfDay(true).describe("When it ends; this minute no longer belongs to it. Not after from: on the next day."),
}, "A time of the day on some days of the week.");

const schedule = object("Schedule", {
  name: v.name().describe("Name of the schedule; policies refer to it."),
  timeZone: v.timeZone().default("UTC").describe("Time zone of its windows, for example Europe/Berlin."),
  windows: atomic(z.array(window).min(1).max(64)).describe("When it is open: while at least one of its windows is."),
}, "Times of the week.");

export const schedules = mapOf(schedule, (item) => z.array(item).max(256), ["name"]);
