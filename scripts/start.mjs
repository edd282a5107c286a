// `npm start`: builds the demo, serves it and prints its address. `npm start -- --port 5000` serves it there. Stops with Ctrl-C.
import { readServeOptions, serve, usage } from "./serve.mjs";
import { run } from "./steps.mjs";

/** @returns {import("./serve.mjs").ServeOptions} */
function readOptions() {
  try {
    return readServeOptions(process.argv.slice(2), process.env);
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${usage}`);
    return process.exit(2);
  }
}

const options = readOptions();
const status = await run("vite build --logLevel warn");
if (status !== 0) process.exit(status);
const { address } = await serve("dist/site", options);
console.log(`\nConvcam is at ${address}\nOpen it in Chrome, Edge or Safari 26. Ctrl-C stops it.\n`);
