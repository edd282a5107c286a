// `npm start`: which port it is told, and that the server listens there.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readServeOptions, serve } from "../../scripts/serve.mjs";

test.each<{ given: string[]; env?: Record<string, string>; port: number; why: string }>([
  { given: [], port: 4173, why: "nothing is said" },
  { given: ["--port", "5000"], port: 5000, why: "it is an argument" },
  { given: ["--port=5000"], port: 5000, why: "it is written in one word" },
  { given: [], env: { PORT: "5000" }, port: 5000, why: "the environment says it" },
  { given: [], env: { npm_config_port: "5000", PORT: "6000" }, port: 5000, why: "the -- was left out, so that npm took it" },
  { given: ["--port", "5000"], env: { PORT: "6000" }, port: 5000, why: "the argument comes before the environment" },
])("the port is $port where $why", ({ given, env = {}, port }) => {
  expect(readServeOptions(given, env)).toEqual({ port, host: undefined, open: false });
});

test("takes a host, and opens a browser where it is asked to", () => {
  expect(readServeOptions(["--host", "0.0.0.0", "--open"], {})).toEqual({ port: 4173, host: "0.0.0.0", open: true });
});

test.each([
  [["--port", "web"], "port 'web': expected a whole number"],
  [["--port", "70000"], "port '70000': expected a whole number of at most 65535"],
  [["--prot", "5000"], "'--prot'"],
  [["5000"], "'5000'"],
])("%j is refused", (given, message) => {
  expect(() => readServeOptions(given, {})).toThrow(message);
});

test("serves a site at the port and says its address", async () => {
  const site = mkdtempSync(join(tmpdir(), "convcam-site-"));
  writeFileSync(join(site, "index.html"), "<p>a site</p>");
  const { server, address } = await serve(site, { port: await freePort(), open: false });
  try {
    const { port } = server.httpServer.address() as AddressInfo;
    expect(new URL(address).port).toBe(String(port));
    expect(await (await fetch(address)).text()).toContain("a site");
  } finally {
    await server.close();
    rmSync(site, { recursive: true });
  }
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
