// What `npm start` is told on its command line, and the server that it starts.
import { parseArgs } from "node:util";
import { preview } from "vite";
import { root } from "./steps.mjs";

/** @typedef {{ port: number, host?: string | undefined, open: boolean }} ServeOptions */

export const usage = `Usage: npm start -- [--port 4173] [--host localhost] [--open]

  --port  where to listen, or the next port that is free; the variable PORT does the same
  --host  the address to listen on; browsers allow WebGPU on localhost, and elsewhere over https alone
  --open  opens a browser`;

/**
 * @param {readonly string[]} given what stands behind `npm start --`
 * @param {Readonly<Record<string, string | undefined>>} env where the `--` is missing, npm takes `--port=5000` for itself and tells it here
 * @returns {ServeOptions}
 * @throws {Error} that says what is accepted
 */
export function readServeOptions(given, env) {
  const { values } = parseArgs({
    args: [...given],
    options: { port: { type: "string" }, host: { type: "string" }, open: { type: "boolean" } },
  });
  const text = values.port ?? env["npm_config_port"] ?? env["PORT"] ?? "4173";
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new Error(`port '${text}': expected a whole number of at most 65535.`);
  return { port, host: values.host, open: values.open ?? false };
}

/**
 * Serves a built site until the process ends.
 *
 * @param {string} outDir
 * @param {ServeOptions} options
 */
export async function serve(outDir, { port, host, open }) {
  const server = await preview({ root, logLevel: "warn", build: { outDir }, preview: { port, open, ...(host && { host }) } });
  const { local = [], network = [] } = server.resolvedUrls ?? {};
  return { server, address: local[0] ?? network[0] ?? "an address that Vite did not tell" };
}
