// SPDX-License-Identifier: Apache-2.0
// Usage: node relay.js SOCKET HOST PORT: connections to a unix socket go on to a TCP port. Run inside a network namespace,
// it makes that port reachable from outside, since a unix socket knows no network namespace.
"use strict";
const net = require("node:net");

const [socket, host, port] = process.argv.slice(2);
net.createServer((from) => {
	const to = net.connect(Number(port), host);
	for (const [one, other] of [[from, to], [to, from]]) one.on("error", () => other.destroy()).on("close", () => other.destroy()).pipe(other);
}).listen(socket, () => process.stdout.write("listening\n"));
