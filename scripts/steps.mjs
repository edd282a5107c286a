// Runs the project's own programs (tsc, vite, …) one after another, the same way on every system.
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * @param {string} commandLine a program of node_modules/.bin and its arguments, without quotes or spaces inside an argument
 * @param {{ env?: Record<string, string>, quiet?: boolean }} options quiet: say something only when it fails
 * @returns {Promise<number>} its exit status
 */
export function run(commandLine, { env = {}, quiet = false } = {}) {
  const path = `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`;
  const child = spawn(commandLine, {
    cwd: root,
    shell: true,
    env: { ...process.env, PATH: path, ...env },
    stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
  });
  /** @type {Buffer[]} */
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => said.push(chunk));
  return new Promise((resolve) => {
    child.on("error", () => resolve(127));
    child.on("close", (code) => {
      if (quiet && code !== 0) process.stderr.write(Buffer.concat(said));
      resolve(code ?? 1);
    });
  });
}
