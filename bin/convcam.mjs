#!/usr/bin/env node
// The `convcam` command. In a checkout whose build is missing or older than its sources, builds first.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = join(root, "dist/cli.js");
const entry = join(root, "src/cli/convcam.ts");

/** @param {string} folder @returns {number} the latest modification below it, in milliseconds */
function newest(folder) {
  return Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => statSync(join(file.parentPath ?? file.path, file.name)).mtimeMs),
  );
}

const sources = ["src", "models"].map((folder) => join(root, folder));
const isStale = () => !existsSync(built) || Math.max(...sources.map(newest)) > statSync(built).mtimeMs;

if (existsSync(entry) && isStale()) {
  const { run } = await import("../scripts/steps.mjs");
  const status = await run("node scripts/build.mjs cli --quiet", { quiet: true });
  if (status !== 0) process.exit(status);
}
await import("../dist/cli.js");
