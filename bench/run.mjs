// `npm run bench`: see `npm run bench -- --help`.
import { runnerImport } from "vite";

/** @type {{ module: typeof import("./driver.ts") }} */
const { module } = await runnerImport(new URL("driver.ts", import.meta.url).pathname, { configFile: false, logLevel: "warn" });
process.exitCode = await module.main(process.argv.slice(2));
