// SPDX-License-Identifier: Apache-2.0
// The operator's process. From source: node -r ts-node/register operator/main.ts --kubeconfig FILE ...
import { KubeConfig } from "@kubernetes/client-node";
import { pino, type Logger } from "pino";
import { VERSION } from "../node-agent/version";
import { CompileCache, CompileThread } from "./compiler";
import { Controller, type Duty } from "./controller";
import { serveHealth } from "./health";
import { KubeClient, type Transport } from "./kube/client";
import { systemClock as clock } from "./kube/clock";
import { Elector } from "./kube/lease";
import { holdLeaderLabel } from "./leader-label";
import { OperatorMetrics } from "./metrics";
import { readOptions, usage, UsageError, type Options } from "./options";
import { AgentPods } from "./stream/agent-pod";
import { Authenticator } from "./stream/authenticator";
import { CertificateFiles } from "./stream/certificate";
import type { Identity } from "./stream/identity";
import { AgentServer } from "./stream/server";
import { AuthorityKeeper } from "./tls/keeper";
import { caFromFile, keepApiService } from "./view/api-service";
import { startView } from "./view/start";

const CERTIFICATE_MS = 10_000;

async function run(options: Options, log: Logger): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      log.info({ signal: name }, "stopping");
      stop.abort(new Error("the operator was told to stop"));
    });
  }
  const { namespace, identity } = options;
  const metrics = new OperatorMetrics();
  const transport = new KubeClient(kubeConfig(options.kubeconfig), { onAnswer: metrics.answered });
  const elector = new Elector({
    transport,
    clock,
    namespace,
    name: options.leaseName,
    identity,
    leaseMs: options.leaseMs,
    renewMs: options.renewMs,
    retryMs: options.retryMs,
    log: (message, fields) => ("error" in fields ? log.warn(fields, message) : log.info(fields, message)),
  });
  const nodeUid = (name: string): string | undefined => controller.nodes.store.get(name)?.metadata.uid;
  const pods = new AgentPods({ transport, namespace, daemonSet: options.agentDaemonSet });
  const authenticator = new Authenticator({ transport, audience: options.audience, serviceAccounts: options.serviceAccounts, nodeUid, pods, nodeTokens: options.agentTokens === "PodOrNode" });
  const compiler = new CompileThread(metrics.compiled);
  const agents = new AgentServer({ authenticator, clock, recheckMs: options.recheckMs, log });
  const duties: Duty[] = [];
  if (options.podName !== "") {
    const label = { transport, clock, namespace, pod: options.podName, warn: (fields: object, message: string) => log.warn(fields, message) };
    duties.push((signal, writer) => holdLeaderLabel(label, signal, writer));
  }
  const { identity: certificate, ca, follow } = await certificates(options, transport, duties, log, stop.signal);
  const controller: Controller = new Controller({
    ...{ transport, clock, elector, agents, namespace, identity, log, duties },
    compiler: new CompileCache(compiler.compile),
    stopMs: options.stopMs,
    observer: metrics,
    workerPods: options.workerPods,
    watch: { idleMs: options.watchIdleMs, relistMs: options.resyncMs },
  });
  const port = await agents.listen(options.listen, certificate);
  const view = await startView(options.viewListen, { transport, clock, identity: certificate, agents, known: (node) => controller.firewallNodes.store.get(node) !== undefined, configs: controller.configs.store, history: controller.history.store, log, stop: stop.signal });
  if (view !== undefined) duties.push((signal, writer) => keepApiService({ transport, clock, ca, log }, signal, writer));
  metrics.watch({ controller, elector, agents, identity: certificate });
  const health = await serveHealth(options.healthListen, { controller, identity: certificate, metrics });
  log.info({ listen: options.listen, port, health: health.address(), namespace, identity }, "operator started");
  await Promise.all([controller.run(stop.signal), follow]);
  view?.close();
  agents.shutdown();
  await compiler.close();
  health.close();
  transport.close();
  log.info("operator stopped");
}

/** From files, or from the operator's own authority, which is then a duty of the leader. */
async function certificates(options: Options, transport: Transport, duties: Duty[], log: Logger, stop: AbortSignal): Promise<{ identity: Identity; ca: () => Promise<string>; follow: Promise<void> }> {
  const { tls, tlsCa, namespace, caName: name, tlsNames: names } = options;
  if (tls === undefined) {
    const keeper = new AuthorityKeeper({ transport, clock, namespace, name, names, log });
    duties.push((signal, writer) => keeper.keep(signal, writer));
    return { identity: keeper.identity, ca: () => Promise.resolve(keeper.bundle), follow: keeper.follow(stop) };
  }
  const files = new CertificateFiles(tls.cert, tls.key, (message) => log.warn(message));
  await files.read();
  files.follow(CERTIFICATE_MS, stop, () => log.info("certificate changed"));
  return { identity: files.identity, ca: caFromFile(tlsCa), follow: Promise.resolve() };
}

function kubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file !== undefined) config.loadFromFile(file);
  else if (process.env["KUBERNETES_SERVICE_HOST"] !== undefined) config.loadFromCluster();
  else throw new UsageError("--kubeconfig is required: this is no pod of a cluster");
  return config;
}

function main(): void {
  if (process.argv.includes("--help")) return void process.stdout.write(`${usage()}\n`);
  if (process.argv.includes("--version")) return void process.stdout.write(`${VERSION}\n`);
  let log: Logger | undefined;
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    const logger = (log = pino({ level: options.logLevel, base: { component: "operator" } }));
    run(options, logger).catch((error: unknown) => {
      logger.fatal({ err: error }, `operator failed: ${(error as Error).message}`);
      process.exit(1);
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\nnode dist/operator/main.js --help lists the flags\n`);
    process.exitCode = 2;
  }
}

main();
