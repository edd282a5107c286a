#!/usr/bin/env node
// `convcam` where only the library is asked for: starts the command, which is a package of its own because it takes 150 MB of native code.
import { existsSync } from "node:fs";

const checkout = new URL("../packages/cli/bin/convcam.mjs", import.meta.url);
try {
  await import(existsSync(checkout) ? checkout.href : "convcam-cli");
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND" || !/'convcam-cli'/.test(error.message)) throw error;
  console.error(`The command is a package of its own, convcam-cli, which brings Dawn (WebGPU for Node) and sharp (pictures).
Run it once:      npx convcam-cli ${process.argv.slice(2).join(" ") || "--help"}
Or install it:    npm install convcam-cli    and then  npx convcam …`);
  process.exitCode = 1;
}
