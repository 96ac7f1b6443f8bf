// SPDX-License-Identifier: Apache-2.0
// Exits 0 when node_modules holds exactly the versions of package-lock.json. Plain JavaScript: it runs before npm ci.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const lock = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8"));

function installed(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, folder, "package.json"), "utf8")).version;
  } catch {
    return undefined;
  }
}

const stale = Object.entries(lock.packages).filter(
  ([folder, entry]) => folder !== "" && !entry.optional && !entry.peer && installed(folder) !== entry.version,
);
process.exitCode = stale.length === 0 ? 0 : 1;
