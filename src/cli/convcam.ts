// Entry of packages/cli/dist/cli.js.
import { main } from "./main.ts";
import { watchOutput } from "./output.ts";

watchOutput();
const status = await main(process.argv.slice(2));
// The command fails if its output could not be written, whatever else it did.
process.exitCode = Math.max(status, Number(process.exitCode ?? 0));
