// Builds the site (dist/site), the package for browsers (dist/convcam.js, dist/element.js and the parts they load), the command
// (packages/cli/dist/cli.js) and the package's types. `node scripts/build.mjs site cli` builds only what is named; --quiet speaks only of failures.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readManifest } from "./custom-elements.mjs";
import { root, run } from "./steps.mjs";

/** The command is started while others build it: it is built here and then takes its place, whole. */
const cliFolder = `node_modules/.cache/convcam-cli-${process.pid}`;

/** @type {Record<string, string>} */
const builds = {
  site: "vite build",
  package: "vite build --mode package",
  cli: `vite build --mode cli --outDir ${cliFolder}`,
  types: "tsc --project tsconfig.build.json",
};

function placeCli() {
  mkdirSync(join(root, "packages/cli/dist"), { recursive: true });
  renameSync(join(root, cliFolder, "cli.js"), join(root, "packages/cli/dist/cli.js"));
}

/** Libraries that are built into the instrument and the training, whose licences ask that their notices go along. */
const builtIn = ["lit", "@dagrejs/dagre", "uplot", "fflate"];

/** Data of others that the site serves, and where its notice is. */
const served = /** @type {const} */ ([["Fashion-MNIST", "models/data/fashion-mnist.LICENSE"]]);

/**
 * @param {string} folder what is built there
 * @param {readonly (readonly [name: string, path: string])[]} others besides the libraries
 */
function placeNotices(folder, others = []) {
  const named = [...builtIn.map((name) => /** @type {const} */ ([name, `node_modules/${name}/LICENSE`])), ...others];
  const notices = named.map(([name, path]) => `${name}\n\n${readFileSync(join(root, path), "utf8").trim()}\n`);
  writeFileSync(join(root, folder, "third-party-notices.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
}

const named = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const quiet = process.argv.includes("--quiet");
for (const name of named.length > 0 ? named : Object.keys(builds)) {
  const command = builds[name];
  if (!command) {
    console.error(`Nothing to build is called '${name}'. There are: ${Object.keys(builds).join(", ")}.`);
    process.exit(2);
  }
  const logLevel = command.startsWith("vite") && quiet ? " --logLevel warn" : "";
  const status = await run(command + logLevel, { quiet });
  if (name === "cli" && status === 0) placeCli();
  if (name === "package" && status === 0) {
    placeNotices("dist");
    writeFileSync(join(root, "dist/custom-elements.json"), `${JSON.stringify(readManifest(), undefined, 2)}\n`);
  }
  if (name === "site" && status === 0) placeNotices("dist/site", served);
  if (name === "cli") rmSync(join(root, cliFolder), { recursive: true, force: true });
  if (status !== 0) process.exit(status);
}
