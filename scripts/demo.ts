// SPDX-License-Identifier: Apache-2.0
// npm run demo [-- --keep]: a firewall between two hosts, shown step by step with real sockets. Exit code 0 only when every
// step did what it says. Everything is made in namespaces of its own and is gone afterwards.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Firewall } from "./lab/firewall";
import { onInterrupt } from "./lab/interrupt";
import { Lab, root, sweep, until, type Child, type Namespace } from "./lab/lab";

const PREFIX = "portcullis-demo";
const INSIDE = { v4: "10.10.0.2", v6: "2001:db8:10::2" };
const OUTSIDE = { v4: "203.0.113.2", v6: "2001:db8:113::2" };
const FIREWALL = { v4: "10.10.0.1", v6: "2001:db8:10::1", outside4: "203.0.113.1" };

const print = (text = ""): void => void process.stdout.write(`${text}\n`);
let number = 0;
let interrupted: string | undefined;

/** Prints what is tried, does it, and prints what came out; a step that does not do what it says throws. */
async function step(title: string, action: () => Promise<string>): Promise<void> {
  process.stdout.write(`${String(++number).padStart(2)}. ${title}\n`);
  try {
    print(`    ok: ${await action()}`);
  } catch (error) {
    if (interrupted === undefined) print(`    FAILED: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

/** The example as it is, unless this machine has too few hugepages for it. */
function quickstart(): string {
  const text = readFileSync(join(root, "examples", "quickstart.yaml"), "utf8");
  let free = 0;
  try {
    free = Number(readFileSync("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "utf8"));
  } catch {
    // a kernel without hugepages
  }
  const mounted = readFileSync("/proc/mounts", "utf8").split("\n").some((line) => line.split(" ")[2] === "hugetlbfs");
  if (mounted && free * 2 >= 256) return text;
  print("Note: too few free hugepages (128 of 2 MiB are needed), so this run uses ordinary 4 KiB pages. That costs speed only:");
  print("      more TLB misses per packet, and the session table lies in the page cache. The cure: echo 512 > /proc/sys/vm/nr_hugepages");
  print();
  return text.replace("pageSize: 2Mi", "pageSize: 4Ki");
}

interface Scene {
  lab: Lab;
  inside: Namespace;
  outside: Namespace;
  firewall: Firewall;
}

async function build(lab: Lab): Promise<Scene> {
  const [inside, outside, middle] = [await lab.namespace("inside"), await lab.namespace("outside"), await lab.namespace("firewall")];
  const firewall = new Firewall(lab, middle, "quickstart");
  return { lab, inside, outside, firewall };
}

/** The two TAP ports of the firewall are the hosts' network cards. */
async function plug({ inside, outside, firewall }: Scene): Promise<void> {
  for (const [port, host] of [["inside", inside], ["outside", outside]] as const) {
    await firewall.namespace.must(["ip", "link", "set", port, "netns", host.name]);
  }
  await inside.device("inside", [`${INSIDE.v4}/24`, `${INSIDE.v6}/64`], [["default", "via", FIREWALL.v4], ["default", "via", FIREWALL.v6]]);
  await outside.device("outside", [`${OUTSIDE.v4}/24`, `${OUTSIDE.v6}/64`], [
    ["10.10.0.0/24", "via", FIREWALL.outside4],
    ["2001:db8:10::/64", "via", "2001:db8:113::1"],
  ]);
}

async function web({ inside, outside }: Scene): Promise<void> {
  const servers = [
    inside.peer("http", INSIDE.v4, "80", "hello from inside"),
    inside.peer("http", INSIDE.v6, "80", "hello from inside"),
    outside.peer("http", OUTSIDE.v4, "80", "hello from outside"),
    outside.peer("http", OUTSIDE.v6, "80", "hello from outside"),
  ];
  for (const server of servers) await server.line(/^listening/);
}

const curl = (url: string): string[] => ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "10", url];

async function permitted({ inside }: Scene): Promise<string> {
  const answers = [await inside.must(curl(`http://${OUTSIDE.v4}/`)), await inside.must(curl(`http://[${OUTSIDE.v6}]/`))];
  expect(answers.every((answer) => answer.trim() === "hello from outside"), `unexpected answers: ${answers.join(" ")}`);
  return `"${answers[0]?.trim()}", by IPv4 and by IPv6`;
}

async function refused({ outside }: Scene): Promise<string> {
  for (const url of [`http://${INSIDE.v4}/`, `http://[${INSIDE.v6}]/`]) {
    const { code, stderr } = await outside.run(curl(url));
    expect(code === 7, `curl should be refused at once (code 7), but has code ${code} ${stderr}`);
  }
  return "connection refused at once, by IPv4 and by IPv6";
}

async function ping({ inside, outside, firewall }: Scene): Promise<string> {
  for (const address of [FIREWALL.v4, FIREWALL.v6]) await inside.must(["ping", "-c", "2", "-i", "0.2", "-W", "5", address]);
  const before = (await firewall.drops())["host-inbound"] ?? 0;
  const { code } = await outside.run(["ping", "-c", "2", "-i", "0.2", "-W", "1", FIREWALL.outside4]);
  expect(code === 1, `ping from outside should get no answer, but has code ${code}`);
  const dropped = ((await firewall.drops())["host-inbound"] ?? 0) - before;
  expect(dropped >= 2, `the firewall should have counted 2 drops by host-inbound, but counted ${dropped}`);
  return `answered inside (zone inside allows ping), silence outside (drops counted as host-inbound: ${dropped})`;
}

const echoes = (child: Child): number => child.lines.filter((line) => line.startsWith("echo ")).length;

/** Two connections that exchange numbers for ever. */
async function talkers({ inside, outside }: Scene): Promise<{ chat: Child; backup: Child }> {
  const started: Child[] = [];
  for (const port of ["5222", "8730"]) {
    await outside.peer("echo", OUTSIDE.v4, port).line(/^listening/);
    const talker = inside.peer("talk", OUTSIDE.v4, port, "50");
    await talker.line(/^echo 5$/);
    started.push(talker);
  }
  const [chat, backup] = started as [Child, Child];
  return { chat, backup };
}

async function grows(child: Child, by: number): Promise<void> {
  const start = echoes(child);
  await until("the connection goes on", () => Promise.resolve(echoes(child) >= start + by));
}

async function edited({ firewall }: Scene, text: string, chat: Child, backup: Child): Promise<string> {
  await firewall.apply(text.replace("applications: [chat], action: Permit", "applications: [chat], action: Permit, enabled: false"));
  const stopped = echoes(chat);
  await grows(backup, 20);
  const late = echoes(chat) - stopped;
  // One answer may have been on its way when the worker acknowledged the edit.
  expect(late <= 1, `the chat connection should have stopped, but exchanged ${late} more messages`);
  const sessions = await until("the chat session is gone", async () => {
    const left = await firewall.sessions();
    return left.some((session) => session.destinationPort === 5222) ? undefined : left;
  });
  expect(sessions.some((session) => session.destinationPort === 8730), "the backup session should still be there");
  return `chat is cut after ${stopped} messages, backup goes on (${echoes(backup)} messages)`;
}

async function killed({ firewall }: Scene, backup: Child): Promise<string> {
  const id = async (): Promise<string | number | undefined> => (await firewall.sessions()).find((session) => session.destinationPort === 8730)?.id;
  const [before, { pid }] = [await id(), (await firewall.status()).worker];
  const next = await firewall.killWorker();
  await grows(backup, 20);
  expect(before !== undefined && (await id()) === before, "the session should be the same as before");
  return `worker ${pid} killed, worker ${next} took over session ${before}; the connection goes on (${echoes(backup)} messages)`;
}

async function play(scene: Scene, stopped: Promise<void>): Promise<void> {
  const { inside, outside, firewall } = scene;
  const ask = `bin/portcullis sessions --state-dir ${firewall.stateDir}`;
  print(`
It keeps running (--keep). In another terminal, from ${root}:
  nsenter --net=/run/netns/${inside.name} curl http://${OUTSIDE.v4}/      from inside to outside
  nsenter --net=/run/netns/${outside.name} curl http://${INSIDE.v4}/       from outside to inside
  ${ask}          also: status, interfaces, counters, drops
  $EDITOR ${firewall.file}          takes effect when saved
Stop it with Ctrl-C here, or: kill ${process.pid}. Then everything that it made is removed.`);
  await stopped;
}

async function show(lab: Lab, keep: boolean, stopped: Promise<void>): Promise<void> {
  const scene = await build(lab);
  const text = quickstart();
  print(`   inside host                      firewall                       outside host
   ${INSIDE.v4} ------- inside0 ${FIREWALL.v4} | outside0 ${FIREWALL.outside4} ------- ${OUTSIDE.v4}
`);
  await step("Start the firewall with examples/quickstart.yaml", async () => {
    await scene.firewall.start(text);
    await plug(scene);
    await web(scene);
    const { worker, hash } = await scene.firewall.status();
    return `worker ${worker.pid} forwards by configuration ${hash.slice(0, 12)}`;
  });
  await step("HTTP from inside to outside is permitted (policy web-out)", () => permitted(scene));
  await step("HTTP from outside to inside is refused (policy refuse-inbound)", () => refused(scene));
  await step("Ping to the firewall itself works where the zone allows it", () => ping(scene));
  let running: { chat: Child; backup: Child } | undefined;
  await step("Open two TCP connections from inside: chat and backup", async () => {
    running = await talkers(scene);
    return "both exchange messages";
  });
  const { chat, backup } = running as unknown as { chat: Child; backup: Child };
  await step("Disable the policy chat-out in the file, live", () => edited(scene, text, chat, backup));
  await step("Kill the worker with SIGKILL", () => killed(scene, backup));
  print("\nEvery step did what it says.");
  if (keep) await play(scene, stopped);
}

async function main(args: string[]): Promise<number> {
  const unknown = args.find((argument) => argument !== "--keep");
  if (unknown !== undefined) {
    process.stderr.write(`demo: unknown argument '${unknown}'. Usage: npm run demo [-- --keep]\n`);
    return 2;
  }
  const stopped = new Promise<void>((resolve) => {
    onInterrupt((why) => {
      interrupted = why;
      resolve();
    });
  });
  await sweep(PREFIX);
  const lab = new Lab(PREFIX);
  const keep = args.includes("--keep");
  let code = 0;
  try {
    await Promise.race([show(lab, keep, stopped), stopped]);
  } catch {
    code = 1; // the step has said why
  }
  if (interrupted !== undefined && !(keep && code === 0 && number === 7)) {
    print(`\n${interrupted}: stopping`);
    code = 130;
  }
  try {
    await lab.close();
    print("Everything that the demo made is removed.");
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    code ||= 1;
  }
  return code;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
