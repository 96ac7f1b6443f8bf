// SPDX-License-Identifier: Apache-2.0
// A port of this machine that leads into the node's network: how the tests reach its API server.
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { start, type Running } from "../../control/harness/processes";
import { inside, type Place } from "./place";

export class Gate {
  readonly #server: Server;
  readonly #relay: Running;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, relay: Running, path: string) {
    this.#server = server;
    this.#relay = relay;
    server.on("connection", (from) => {
      const to = connect(path);
      for (const [one, other] of [[from, to], [to, from]] as const) {
        this.#open.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          this.#open.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }

  static async open(place: Place, host: string, port: number): Promise<Gate> {
    const path = join(place.dir, `gate-${host}-${port}.sock`);
    const command = inside(place, [process.execPath, join(__dirname, "relay.js"), path, host, String(port)]);
    const relay = start(`relay to ${host}:${port}`, command, { log: join(place.dir, "relay.log") });
    await relay.line(/listening/);
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
    return new Gate(server, relay, path);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await this.#relay.kill();
  }
}
