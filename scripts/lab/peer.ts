// SPDX-License-Identifier: Apache-2.0
// Small hosts with real sockets, run inside a network namespace. Each prints one line per event; numbers and contents are
// checked, so a line is only printed for what really came through.
// Usage: node dist/scripts/lab/peer.js COMMAND ARGUMENT...
import { createSocket, type Socket as Datagrams } from "node:dgram";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, isIPv6, type Socket } from "node:net";
import { createInterface } from "node:readline";

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** http ADDRESS PORT TEXT: answers every request with TEXT. */
function http(address: string, port: string, text: string): void {
  const server = createHttpServer((_request, response) => response.end(`${text}\n`));
  server.listen({ host: address, port: Number(port), ipv6Only: isIPv6(address) }, () => print("listening"));
}

/** file ADDRESS PORT BYTES: answers every request with that many checked bytes. */
function file(address: string, port: string, bytes: string): void {
  const content = Buffer.alloc(Number(bytes));
  fill(content, 0);
  const server = createHttpServer((_request, response) => response.end(content));
  server.listen({ host: address, port: Number(port), ipv6Only: isIPv6(address) }, () => print("listening"));
}

/** echo ADDRESS PORT: sends back what comes, per connection. */
function echo(address: string, port: string): void {
  const server = createServer({ noDelay: true }, (socket) => {
    print(`accepted ${socket.remoteAddress} ${socket.remotePort}`);
    socket.on("error", (error) => print(`error ${error.message}`));
    socket.on("close", () => print("closed"));
    socket.pipe(socket);
  });
  server.listen({ host: address, port: Number(port), ipv6Only: isIPv6(address) }, () => print("listening"));
}

function dial(address: string, port: string, sourcePort?: string): Socket {
  const socket = connect({ host: address, port: Number(port), noDelay: true, ...(sourcePort === undefined ? {} : { localPort: Number(sourcePort) }) });
  socket.on("connect", () => print(`connected ${socket.localPort}`));
  socket.on("error", (error: NodeJS.ErrnoException) => print(`error ${error.code}`));
  socket.on("close", () => {
    print("closed");
    process.exit();
  });
  return socket;
}

/** talk ADDRESS PORT PAUSE_MS [SOURCE_PORT]: sends 1, 2, 3, ... to an echo server, each when the one before has come back. */
function talk(address: string, port: string, pause: string, sourcePort?: string): void {
  const socket = dial(address, port, sourcePort);
  let next = 1;
  const send = (): void => void socket.write(`${next}\n`);
  socket.on("connect", send);
  const lines = createInterface({ input: socket });
  lines.on("error", () => undefined); // the socket tells it
  lines.on("line", (text) => {
    if (text !== String(next)) {
      print(`wrong: ${text} instead of ${next}`);
      process.exit(1);
    }
    print(`echo ${next++}`);
    setTimeout(send, Number(pause));
  });
}

const BLOCK = 64 * 1024;

/** Byte i of the stream is a function of i, so that a lost, doubled or changed byte shows. */
function fill(block: Buffer, offset: number): void {
  for (let i = 0; i < block.length; i += 4) block.writeUInt32LE((Math.imul((offset + i) >>> 2, 2654435761) ^ 0x5bd1e995) >>> 0, i);
}

/** send ADDRESS PORT: a checked stream without end, until a line comes in on standard input; then the total. */
function send(address: string, port: string): void {
  const socket = dial(address, port);
  let offset = 0;
  let stop = false;
  createInterface({ input: process.stdin }).on("line", () => (stop = true));
  const block = Buffer.alloc(BLOCK);
  const pump = (): void => {
    for (;;) {
      if (stop) {
        print(`sent ${offset}`);
        socket.end();
        return;
      }
      fill(block, offset);
      offset += BLOCK;
      // The block is copied, since the socket may keep what it cannot send yet.
      if (!socket.write(Buffer.from(block))) {
        socket.once("drain", pump);
        return;
      }
    }
  };
  socket.on("connect", pump);
}

/** receive ADDRESS PORT: takes checked streams; prints "mebibytes N" as they grow and "received N" at the end of each. */
function receive(address: string, port: string): void {
  const server = createServer((socket) => {
    let offset = 0;
    let pending = Buffer.alloc(0);
    let reported = 0;
    const expected = Buffer.alloc(BLOCK);
    socket.on("data", (data) => {
      pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
      while (pending.length >= BLOCK) {
        fill(expected, offset);
        if (expected.compare(pending, 0, BLOCK) !== 0) {
          print(`wrong bytes after ${offset}`);
          process.exit(1);
        }
        offset += BLOCK;
        pending = pending.subarray(BLOCK);
      }
      const mebibytes = Math.floor(offset / 1048576);
      if (mebibytes > reported) print(`mebibytes ${(reported = mebibytes)}`);
    });
    socket.on("error", (error) => print(`error ${error.message}`));
    socket.on("close", () => print(`received ${offset + pending.length}`));
  });
  server.listen({ host: address, port: Number(port), ipv6Only: isIPv6(address) }, () => print("listening"));
}

function datagrams(address: string): Datagrams {
  const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4" });
  socket.on("error", (error: NodeJS.ErrnoException) => print(`error ${error.code}`));
  return socket;
}

/** udp-echo ADDRESS PORT */
function udpEcho(address: string, port: string): void {
  const socket = datagrams(address);
  socket.on("message", (data, from) => {
    print(`from ${from.address} ${from.port} ${data.toString().trimEnd()}`);
    socket.send(data, from.port, from.address);
  });
  socket.bind(Number(port), address, () => print("listening"));
}

/** udp-talk ADDRESS PORT PAUSE_MS [COUNT [SIZE]]: sends numbered datagrams, prints what comes back; an ICMP error is an "error". */
function udpTalk(address: string, port: string, pause: string, count = "0", size = "0"): void {
  const socket = datagrams(address);
  let sent = 0;
  socket.on("message", (data) => print(`echo ${data.toString().trimEnd()}`));
  socket.on("connect", () => {
    const timer = setInterval(() => {
      socket.send(String(++sent).padEnd(Number(size)), (error) => {
        if (error) print(`error ${(error as NodeJS.ErrnoException).code}`);
      });
      if (sent === Number(count)) clearInterval(timer);
    }, Number(pause));
  });
  socket.connect(Number(port), address);
}

/** A datagram of a numbered sequence: its number in front and at the end, so that a wrongly put together one shows. */
function numbered(number: number, size: number): Buffer {
  const data = Buffer.alloc(size, number & 255);
  data.writeUInt32BE(number, 0);
  data.writeUInt32BE(number, size - 4);
  return data;
}

/** Says what is wrong with the next datagram of a sequence; undefined: nothing. It may leave numbers out, never repeat one or go back. */
function outOfOrder(data: Buffer, last: number): string | undefined {
  const number = data.readUInt32BE(0);
  if (!data.equals(numbered(number, data.length))) return `wrong content of ${number}`;
  return number > last ? undefined : `wrong order: ${number} after ${last}`;
}

/** udp-sequence ADDRESS PORT: sends back what comes; every flow must come in order. Prints "datagrams N" for each thousand. */
function udpSequence(address: string, port: string): void {
  const socket = datagrams(address);
  const last = new Map<string, number>();
  let received = 0;
  socket.on("message", (data, from) => {
    const flow = `${from.address} ${from.port}`;
    const wrong = outOfOrder(data, last.get(flow) ?? 0);
    if (wrong !== undefined) print(`${wrong} of ${flow}`);
    last.set(flow, data.readUInt32BE(0));
    if (++received % 1000 === 0) print(`datagrams ${received}`);
    socket.send(data, from.port, from.address);
  });
  socket.bind(Number(port), address, () => {
    socket.setRecvBufferSize(8 << 20);
    print("listening");
  });
}

/** udp-flows ADDRESS PORT FLOWS COUNT SIZE: numbered datagrams of many flows at a time; the echoes of each must come in order. At the end "sent N received N". */
function udpFlows(address: string, port: string, flows: string, count: string, size: string): void {
  let sent = 0;
  let received = 0;
  let heard = performance.now();
  const sockets = Array.from({ length: Number(flows) }, (_, flow) => {
    const socket = datagrams(address);
    let last = 0;
    socket.on("message", (data) => {
      const wrong = outOfOrder(data, last);
      if (wrong !== undefined) print(`${wrong} of flow ${flow}`);
      last = data.readUInt32BE(0);
      received++;
      heard = performance.now();
    });
    return socket;
  });
  let next = 1;
  const timer = setInterval(() => {
    for (let n = 0; n < 4 && next <= Number(count); n++, next++)
      for (const socket of sockets) {
        socket.send(numbered(next, Number(size)));
        sent++;
      }
    if (next <= Number(count) || (received < sent && performance.now() - heard < 2000)) return;
    clearInterval(timer);
    print(`sent ${sent} received ${received}`);
  }, 4);
  for (const socket of sockets) socket.connect(Number(port), address, () => socket.setRecvBufferSize(1 << 20));
}

/** connect ADDRESS PORT: one attempt: "connected", or "error CODE". */
function attempt(address: string, port: string): void {
  dial(address, port).on("connect", () => process.exit(0));
}

/** tries ADDRESS PORT PAUSE_MS: one connection after another for ever; per attempt "open N" or "error CODE N". */
function tries(address: string, port: string, pause: string): void {
  let count = 0;
  const next = (): void => {
    const number = ++count;
    const socket = connect({ host: address, port: Number(port), noDelay: true });
    socket.setTimeout(10_000, () => socket.destroy(Object.assign(new Error("no answer"), { code: "SILENT" })));
    socket.on("connect", () => {
      print(`open ${number}`);
      socket.resetAndDestroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => print(`error ${error.code} ${number}`));
    socket.on("close", () => setTimeout(next, Number(pause)));
  };
  next();
}

const commands: Record<string, (...args: string[]) => void> = {
  http, file, echo, talk, send, receive, "udp-echo": udpEcho, "udp-talk": udpTalk, "udp-sequence": udpSequence, "udp-flows": udpFlows, connect: attempt, tries,
} as Record<string, (...args: string[]) => void>;

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  process.stderr.write(`peer: no command '${name}'\n`);
  process.exit(2);
}
process.on("SIGTERM", () => process.exit(0));
command(...args);
