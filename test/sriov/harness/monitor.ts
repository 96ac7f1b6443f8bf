// SPDX-License-Identifier: Apache-2.0
// The emulator's monitor (QMP): what hands do to a machine, such as pulling a cable.
import { JsonLink } from "./link";

interface Message {
  QMP?: object;
  event?: string;
  data?: Record<string, unknown>;
  id?: number;
  return?: unknown;
  error?: { desc: string };
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class Monitor {
  readonly #link: JsonLink<Message, object>;
  readonly #waiting = new Map<number, Waiting>();
  readonly events: { event: string; data: Record<string, unknown> }[] = [];
  #last = 0;

  constructor(path: string) {
    this.#link = new JsonLink<Message, object>(path, (message) => this.#take(message));
  }

  /** Resolves once the emulator is there and takes commands. */
  async open(): Promise<void> {
    await this.#link.connected;
    await this.execute("qmp_capabilities");
  }

  execute(command: string, parameters: Record<string, unknown> = {}): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject: (error) => reject(new Error(`${command}: ${error.message}`)) });
      this.#link.send({ execute: command, arguments: parameters, id });
    });
  }

  /** Pulls the cable of a network device, or puts it back. */
  async cable(device: string, up: boolean): Promise<void> {
    await this.execute("set_link", { name: device, up });
  }

  #take(message: Message): void {
    if (message.event !== undefined) this.events.push({ event: message.event, data: message.data ?? {} });
    if (message.id === undefined) return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error !== undefined) waiting?.reject(new Error(message.error.desc));
    else waiting?.resolve(message.return);
  }

  close(): void {
    this.#link.close();
  }
}
