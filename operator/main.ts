// SPDX-License-Identifier: Apache-2.0
// The operator's process. From source: node -r ts-node/register operator/main.ts --tls-cert FILE --tls-key FILE ...
import { KubeConfig } from "@kubernetes/client-node";
import { pino, type Logger } from "pino";
import { CompileCache, CompileThread } from "./compiler";
import { Controller } from "./controller";
import { serveHealth } from "./health";
import { KubeClient } from "./kube/client";
import { systemClock as clock } from "./kube/clock";
import { Elector } from "./kube/lease";
import { readOptions, usage, UsageError, type Options } from "./options";
import { Authenticator } from "./stream/authenticator";
import { CertificateFiles } from "./stream/certificate";
import { AgentServer } from "./stream/server";

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
  const transport = new KubeClient(kubeConfig(options.kubeconfig));
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
  const authenticator = new Authenticator({ transport, audience: options.audience, serviceAccounts: options.serviceAccounts, nodeUid });
  const compiler = new CompileThread();
  const agents = new AgentServer({ authenticator, clock, recheckMs: options.recheckMs, log });
  const controller: Controller = new Controller({
    ...{ transport, clock, elector, agents, namespace, identity, log },
    compiler: new CompileCache(compiler.compile),
    stopMs: options.stopMs,
    watch: { idleMs: options.watchIdleMs, relistMs: options.resyncMs },
  });
  const certificate = new CertificateFiles(options.tlsCert, options.tlsKey, (message) => log.warn(message));
  await certificate.read();
  certificate.follow(CERTIFICATE_MS, stop.signal, () => log.info("certificate changed"));
  const port = await agents.listen(options.listen, certificate);
  const health = await serveHealth(options.healthListen, { controller, elector, agents });
  log.info({ listen: options.listen, port, health: health.address(), namespace, identity }, "operator started");
  await controller.run(stop.signal);
  agents.shutdown();
  await compiler.close();
  health.close();
  transport.close();
  log.info("operator stopped");
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
