// SPDX-License-Identifier: Apache-2.0
// Lines of JSON over a unix socket that the emulator dials: the guest's daemon, and the emulator's own monitor.
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";

export class JsonLink<In, Out> {
  readonly #server: Server;
  #socket: Socket | undefined;
  readonly connected: Promise<void>;

  constructor(path: string, take: (value: In) => void) {
    let open: () => void = () => undefined;
    this.connected = new Promise((resolve) => (open = resolve));
    this.#server = createServer((socket) => {
      this.#socket = socket;
      socket.on("error", () => undefined);
      createInterface({ input: socket }).on("line", (line) => take(JSON.parse(line) as In));
      open();
    });
    this.#server.listen(path);
  }

  send(value: Out): void {
    if (this.#socket === undefined) throw new Error("the emulator has not called yet");
    this.#socket.write(`${JSON.stringify(value)}\n`);
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }
}
