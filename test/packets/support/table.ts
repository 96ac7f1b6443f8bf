// SPDX-License-Identifier: Apache-2.0
// A table of cases over one configuration: a mocha suite.
import { Engine } from "./engine";
import { configure } from "./network";
import { Scenario } from "./scenario";

export interface TableOptions {
  /** YAML: fields of spec that differ from the base configuration (network.ts). */
  readonly config?: string;
  /** Further configurations, for the line `load NAME`. */
  readonly configs?: Readonly<Record<string, string>>;
  /** Capacity of each session table. */
  readonly sessions?: number;
  /** Only frames to the port's own MAC address. */
  readonly strictMac?: boolean;
  /** Gratuitous ARP for addresses of NAT rules. */
  readonly announce?: boolean;
  /** Do not load the configuration: the case starts without one. */
  readonly empty?: boolean;
}

let engine: Engine | undefined; // one for all tables
after(() => engine?.close());

/** Every case starts with an empty engine: no session, no counter, no learned neighbor. */
export function table(title: string, options: TableOptions, cases: Readonly<Record<string, readonly string[]>>): void {
  describe(title, () => {
    let banks: ReadonlyMap<string, Uint8Array>;
    before(() => {
      engine ??= new Engine();
      const named = Object.entries(options.configs ?? {}).map(([k, v]) => [k, configure(v)] as const);
      banks = new Map([["base", configure(options.config)], ...named]);
    });
    for (const [name, lines] of Object.entries(cases)) {
      it(name, async () => {
        const e = engine as Engine;
        await e.reset(options.sessions ?? 64, options.strictMac ?? false, options.announce ?? false);
        if (options.empty !== true) await e.load(banks.get("base") as Uint8Array);
        const scenario = new Scenario(e, banks);
        for (const line of lines) await scenario.run(line);
      });
    }
  });
}
