// SPDX-License-Identifier: Apache-2.0
// Asks the running agent over its local socket.
import { request } from "node:http";
import { statePaths } from "../node-agent/host/paths";
import { CommandError } from "./command";

const ANSWER_TIMEOUT_MS = 10_000;

/** No agent listens on the socket of this state directory. */
export class NotRunning extends CommandError {}

/** The answer's JSON text. Throws a CommandError with one sentence. */
export async function ask(stateDir: string, path: string, method: "GET" | "POST" = "GET"): Promise<string> {
  const pieces: Buffer[] = [];
  await askInPieces(stateDir, path, method, (piece) => { pieces.push(piece); });
  return Buffer.concat(pieces).toString("utf8");
}

/** Hands the answer on as it comes, no faster than take() resolves. */
export async function askInPieces(stateDir: string, path: string, method: "GET" | "POST", take: (piece: Buffer) => void | Promise<void>): Promise<void> {
  const { dir, agentSocket } = statePaths(stateDir);
  const { status, body } = await fetchUnix(agentSocket, path, method, take).catch((error: unknown) => { throw explain(error as NodeJS.ErrnoException, dir); });
  if (status === 200) return;
  throw new CommandError(errorOf(body) ?? `the agent answered ${status}`);
}

/** body is that of a refusal only. */
function fetchUnix(socketPath: string, path: string, method: string, take: (piece: Buffer) => void | Promise<void>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    // A connection of its own: one that is kept may be closed by the agent just when it is used again.
    const call = request({ socketPath, path, method, timeout: ANSWER_TIMEOUT_MS, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      const read = async (): Promise<string> => {
        const refusal: Buffer[] = [];
        for await (const piece of response as AsyncIterable<Buffer>) {
          if (status === 200) await take(piece);
          else refusal.push(piece);
        }
        return Buffer.concat(refusal).toString("utf8");
      };
      read().then((body) => { resolve({ status, body }); }, reject);
    });
    call.on("timeout", () => call.destroy(new Error("it does not answer")));
    call.on("error", reject);
    call.end();
  });
}

function explain(error: NodeJS.ErrnoException, dir: string): CommandError {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED" || error.code === "ENOTDIR") return new NotRunning(`no agent is running for ${dir}`);
  if (error.code === "EACCES" || error.code === "EPERM") return new CommandError(`the agent of ${dir} may not be asked by this user: run as root`);
  return new CommandError(`the agent of ${dir} cannot be asked: ${error.message}`);
}

function errorOf(body: string): string | null {
  try {
    return (JSON.parse(body) as { error?: string }).error ?? null;
  } catch {
    return null;
  }
}
