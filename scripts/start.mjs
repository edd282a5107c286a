// `npm start`: builds the demo, serves it and prints its address. Stops with Ctrl-C.
import { preview } from "vite";
import { root, run } from "./steps.mjs";

const status = await run("vite build --logLevel warn");
if (status !== 0) process.exit(status);
const server = await preview({ root, build: { outDir: "dist/site" }, preview: { port: Number(process.env.PORT ?? 4173) } });
const [address] = server.resolvedUrls?.local ?? [];
console.log(`\nConvcam is at ${address ?? "an address that Vite did not tell"}\nOpen it in Chrome, Edge or Safari 26. Ctrl-C stops it.\n`);
