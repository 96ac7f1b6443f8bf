// SPDX-License-Identifier: Apache-2.0
// A node of a cluster: the agent's core, driven by the operator's stream. Without the operator it starts from the stored
// program. Ending the agent does not end the worker.
import { Agent } from "./agent";
import { answer } from "./answer";
import { PodLauncher } from "./host/launcher-pod";
import { statePaths } from "./host/paths";
import type { Log } from "./log";
import { openMetrics, type MetricsOptions, type StreamState } from "./metrics";
import { asProblem } from "./problem";
import type { Notice } from "./snapshot";
import { serveSocket } from "./socket";
import { Answers } from "./stream/answers";
import { backoff } from "./stream/backoff";
import { Connection } from "./stream/connection";
import { ClusterNode } from "./stream/node";
import { makeReport } from "./stream/report";
import { Reporter } from "./stream/reporter";

const LOOK_MS = 250;
const STABLE_MS = 10_000;

export interface ClusterOptions {
  readonly operators: readonly string[];
  readonly caFile: string;
  readonly serverName: string;
  readonly tokenFile: string;
  readonly node: string;
  readonly stateDir: string;
  /** Who has workers run: this process, or the launcher in the worker pod. */
  readonly worker: "child" | "pod";
  readonly metrics: MetricsOptions | null;
  readonly log: Log;
}

/** Runs until the signal aborts. Throws a Problem when the state directory cannot be used. */
export async function runCluster(options: ClusterOptions, abort: AbortSignal): Promise<void> {
  const { log } = options;
  const agent = await makeAgent(options);
  const node = new ClusterNode(agent, options.node, log);
  const link: Link = { notices: [{ reason: "OperatorUnreachable", message: "not connected to the operator yet" }], connected: false, dialled: 0 };
  const metrics = await openMetrics(options.metrics, agent, link, log);
  const socket = await serveSocket({ agent, mode: "cluster", notices: () => link.notices });
  startFromStored(agent, log);
  await dialUntil(options, agent, node, link, abort);
  agent.cancel();
  await metrics?.close();
  await socket.close();
  await agent.close(true);
  log.info("agent ended, the worker goes on");
}

interface Link extends StreamState {
  notices: Notice[];
}

async function makeAgent({ worker, stateDir, log }: ClusterOptions): Promise<Agent> {
  if (worker === "child") return new Agent({ stateDir, log });
  const launcher = await PodLauncher.open(statePaths(stateDir), log);
  try {
    return new Agent({ stateDir, log, launcher });
  } catch (error) {
    launcher.close();
    throw error;
  }
}

function startFromStored(agent: Agent, log: Log): void {
  const stored = agent.stored();
  if (stored === null) return;
  log.info({ config: stored.program.config, hash: stored.hash.slice(0, 12) }, "starting from the stored program");
  agent.apply(stored).catch((error: unknown) => {
    const problem = asProblem(error, "WorkerNotStarted");
    log.error({ reason: problem.reason }, problem.sentence);
  });
}

async function dialUntil(o: ClusterOptions, agent: Agent, node: ClusterNode, link: Link, abort: AbortSignal): Promise<void> {
  let failures = 0;
  let told = "";
  for (let attempt = 0; !abort.aborted; attempt++) {
    const address = o.operators[attempt % o.operators.length] ?? "";
    const started = performance.now();
    link.dialled++;
    const end = await dialOnce(o, address, agent, node, link, abort);
    link.connected = false;
    if (abort.aborted) return;
    failures = end.alive && performance.now() - started > STABLE_MS ? 1 : failures + 1;
    link.notices = [{ reason: "OperatorUnreachable", message: `${address}: ${end.why}` }];
    const delay = backoff(failures, o.operators.length, Math.random);
    const say = `${address} ${end.why}`;
    o.log[say === told ? "debug" : "warn"]({ operator: address, retryMs: delay }, `no stream to the operator: ${end.why}`);
    told = say;
    await pause(delay, abort);
  }
}

async function dialOnce(o: ClusterOptions, address: string, agent: Agent, node: ClusterNode, link: Link, abort: AbortSignal) {
  let connection: Connection;
  let broken = "";
  node.reset();
  const answers = new Answers({
    answer: (method, path, signal) => answer({ agent, mode: "cluster", notices: () => link.notices }, method, path, signal),
    send: (piece) => connection.deliver({ answer: piece }),
    log: o.log,
  });
  try {
    connection = new Connection({ address, caFile: o.caFile, serverName: o.serverName, tokenFile: o.tokenFile, node: o.node }, {
      desired: (desired) => {
        if (link.notices.length > 0) o.log.info({ operator: address }, "connected to the operator");
        link.notices = [];
        link.connected = true;
        o.log.info({ hash: desired.hash.slice(0, 12), config: desired.config }, "operator names a program");
        const request = node.onDesired(desired);
        if (request !== null) connection.send(request);
      },
      program: (piece) => {
        try {
          node.onProgram(piece);
        } catch (error) {
          broken = (error as Error).message;
          setTimeout(() => { connection.close(); }, LOOK_MS * 2).unref(); // the report goes out first
        }
      },
      query: (query) => { void answers.onQuery(query); },
      queryEnd: ({ id }) => { answers.onEnd(id); },
    });
  } catch (error) {
    return { alive: false, why: (error as Error).message };
  }
  connection.send(node.hello());
  const reporter = new Reporter(() => makeReport(agent, node.desired, node.problem), {
    get writable() { return connection.writable; },
    send: (report) => { connection.send({ report }); },
  });
  const look = (): void => { reporter.look(performance.now()); };
  const timer = setInterval(look, LOOK_MS);
  connection.onDrain(look);
  const onAbort = (): void => { connection.close(); };
  abort.addEventListener("abort", onAbort);
  if (abort.aborted) connection.close();
  const why = await connection.ended;
  clearInterval(timer);
  answers.close();
  abort.removeEventListener("abort", onAbort);
  return { alive: connection.alive, why: broken === "" ? why : broken };
}

function pause(ms: number, abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      abort.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    abort.addEventListener("abort", done);
  });
}
