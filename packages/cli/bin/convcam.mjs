#!/usr/bin/env node
// The `convcam` command. In a checkout whose build is missing or older than its sources, builds first.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
/** The repository's root in a checkout; where the package is installed, a folder that has nothing of the below. */
const root = fileURLToPath(new URL("../../..", import.meta.url));
const isCheckout = ["packages/cli/bin/convcam.mjs", "src/cli/convcam.ts"].every((path) => existsSync(join(root, path)));

/** @param {string} folder @returns {number} the latest modification below it, in milliseconds */
function newest(folder) {
  return Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => statSync(join(file.parentPath ?? file.path, file.name)).mtimeMs),
  );
}

const isStale = () =>
  !existsSync(built) || Math.max(...["src", "models"].map((folder) => newest(join(root, folder)))) > statSync(built).mtimeMs;

if (isCheckout && isStale()) {
  const { run } = await import("../../../scripts/steps.mjs");
  const status = await run("node scripts/build.mjs cli --quiet", { quiet: true });
  if (status !== 0) process.exit(status);
}
await import("../dist/cli.js");
