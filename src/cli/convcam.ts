// Entry of packages/cli/dist/cli.js.
import { main } from "./main.ts";
import { watchOutput } from "./output.ts";

watchOutput();
const status = await main(process.argv.slice(2));
// What could not be written has failed, whatever else the command did.
process.exitCode = Math.max(status, Number(process.exitCode ?? 0));
