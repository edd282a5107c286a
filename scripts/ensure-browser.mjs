// Finds a browser for the tests or installs one, and prints its path.
import { runnerImport } from "vite";
import { root } from "./steps.mjs";

/** @type {{ module: typeof import("../tests/support/browser.ts") }} */
const { module } = await runnerImport(`${root}tests/support/browser.ts`, { configFile: false, logLevel: "warn" });
try {
  console.log(`Browser: ${module.ensureBrowser()}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
