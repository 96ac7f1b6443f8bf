// SPDX-License-Identifier: Apache-2.0
// What both endpoints say about their own process; prom-client measures it.
import { gauge, counter, histogram, oneOf, upTo } from "./define";

export const PROCESS_METRICS = {
  process_cpu_user_seconds_total: counter("CPU time in user mode, seconds."),
  process_cpu_system_seconds_total: counter("CPU time in the kernel, seconds."),
  process_start_time_seconds: gauge("When the process started, Unix time."),
  process_resident_memory_bytes: gauge("Memory that it holds, bytes."),
  process_open_fds: gauge("Open file descriptors."),
  process_max_fds: gauge("How many it may open."),
  nodejs_eventloop_lag_p99_seconds: gauge("99th percentile of the event loop's lag since the last scrape, seconds."),
  nodejs_heap_size_used_bytes: gauge("Used heap of JavaScript, bytes."),
  nodejs_gc_duration_seconds: histogram("Garbage collections by kind, seconds.", [0.001, 0.01, 0.1, 1, 2, 5], { kind: oneOf("Kind of collection.", ["minor", "major", "incremental", "weakcb"]) }),
  nodejs_version_info: gauge("1; the version of Node.js is in the labels.", { version: upTo(1, "Whole version."), major: upTo(1, "First number."), minor: upTo(1, "Second number."), patch: upTo(1, "Third number.") }),
};
