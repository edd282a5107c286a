// Every room imports only what lies below it, by one table; and the linter refuses protobuf libraries, wherever they are imported.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Room {
  /** Files, or folders that end in a slash. The longest that fits a file is its room. */
  readonly files: readonly string[];
  /** Rooms it may import, besides itself. */
  readonly imports: readonly string[];
}

const words = "errors gather layout media-type npy precision random records shapes statistics tensor window";
const parts =
  "branch create-trainer derived execution explanation export gates gradients input-words inspect load-network model network new-head parameters patterns pieces profile reinitialize several-files source staged stages startup scorer summary together trainer training-batch training-fit training-parts";
const engineFiles = (names: string) => names.split(" ").map((name) => `src/engine/${name}.ts`);
const engine = ["vocabulary", "graph", "gradient", "onnx", "ops", "passes", "plan", "gpu", "tune", "shaders"];

const rooms: Readonly<Record<string, Room>> = {
  vocabulary: { files: engineFiles(words), imports: [] },
  shaders: { files: ["src/shaders/"], imports: [] },
  graph: { files: ["src/engine/graph/"], imports: ["vocabulary"] },
  gradient: { files: ["src/engine/gradient/"], imports: ["vocabulary", "graph", "ops", "schedules"] },
  schedules: {
    files: ["schedules", "scheduled-share", "usual-rates"].map((name) => `src/engine/gradient/training/${name}.ts`),
    imports: ["vocabulary", "gradient"],
  },
  elements: { files: ["src/engine/elements/"], imports: ["vocabulary", "graph"] },
  onnx: { files: ["src/engine/onnx/"], imports: ["vocabulary", "graph"] },
  ops: { files: ["src/engine/ops/"], imports: ["vocabulary", "graph", "shaders"] },
  passes: { files: ["src/engine/passes/"], imports: ["vocabulary", "graph", "ops", "shaders"] },
  plan: { files: ["src/engine/plan/"], imports: ["vocabulary", "graph", "ops", "shaders"] },
  gpu: { files: ["src/engine/gpu/"], imports: ["vocabulary", "ops", "plan", "shaders"] },
  tune: { files: ["src/engine/tune/"], imports: ["vocabulary", "graph", "ops", "passes", "plan", "gpu", "package"] },
  model: { files: engineFiles(parts), imports: [...engine, "schedules", "verify"] },
  verify: { files: ["src/engine/verify/"], imports: ["vocabulary", "graph", "model", "reference"] },
  models: { files: ["models/"], imports: ["vocabulary", "graph", "onnx"] },
  ui: {
    files: ["src/ui/"],
    imports: ["vocabulary", "graph", "elements", "ops", "gpu", "model", "data", "lessons", "handover", "shaders", "api", "schedules"],
  },
  data: { files: ["src/data-sets/"], imports: ["vocabulary"] },
  lessons: { files: ["src/lessons/"], imports: ["vocabulary", "graph", "gpu", "model", "data", "shaders"] },
  handover: { files: ["src/handed-over.ts"], imports: [] },
  checks: { files: ["src/checks/"], imports: ["vocabulary", "graph", "onnx", "gpu", "model", "verify", "reference", "ui"] },
  page: { files: ["src/ui/page/"], imports: ["vocabulary", "ui", "checks", "models", "data", "handover", "schedules"] },
  api: { files: ["src/index.ts", "src/webgpu-names.ts"], imports: [...engine, "schedules", "model", "verify"] },
  runner: { files: ["src/bench/"], imports: [...engine, "model", "models", "ui", "reference"] },
  reference: { files: ["src/reference/"], imports: ["vocabulary", "graph"] },
  cli: {
    files: ["src/cli/"],
    imports: [...engine, "schedules", "model", "verify", "models", "ui", "data", "lessons", "runner", "reference", "checks", "package"],
  },
  bench: { files: ["bench/"], imports: [...engine, "model", "models", "runner", "support", "handover"] },
  support: { files: ["tests/support/"], imports: [...engine, "model", "models", "ui", "cli", "reference"] },
  package: { files: ["package.json"], imports: [] },
};

function roomOf(file: string): string | undefined {
  const fits = Object.entries(rooms).flatMap(([name, { files }]) =>
    files.filter((place) => (place.endsWith("/") ? file.startsWith(place) : file === place)).map((place) => ({ name, place })),
  );
  return fits.toSorted((a, b) => b.place.length - a.place.length)[0]?.name;
}

/** What is wrong with a file that imports another; `undefined` if nothing is. */
function verdict(file: string, imported: string): string | undefined {
  const [from, to] = [roomOf(file), roomOf(imported)];
  if (from === undefined) return `${file} is in no room`;
  if (to === from || (to !== undefined && rooms[from]?.imports.includes(to))) return undefined;
  return `${file}: ${from} may not import ${to ?? "what is in no room"} (${imported})`;
}

/** Relative imports of a source, static and dynamic, as paths from the root. */
function importsOf(file: string, source: string): readonly string[] {
  const specifiers = [...source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"?]+)/g)].map((match) => match[1] as string);
  return specifiers.map((specifier) => normalize(join(dirname(file), specifier)).replaceAll("\\", "/"));
}

test("every file is in a room, and imports only the rooms that the table allows", () => {
  const files = ["src", "bench", "models", "tests/support"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path.replaceAll("\\", "/")}`),
  );
  expect(files.length).toBeGreaterThan(200);
  const wrong = files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const imports = importsOf(file, readFileSync(join(root, file), "utf8"));
      return [file, ...imports].flatMap((imported) => verdict(file, imported) ?? []);
    });
  expect(wrong).toEqual([]);
});

test.each([
  ["src/engine/ops/a.ts", 'import { Device } from "../gpu/device.ts";', "ops may not import gpu"],
  ["src/engine/ops/a.ts", 'import type { Pass } from "../passes/index.ts";', "ops may not import passes"],
  ["src/engine/ops/a.ts", 'export * from "../../ui/element.ts";', "ops may not import ui"],
  ["src/engine/elements/a.ts", 'import type { Operation } from "../ops/operator.ts";', "elements may not import ops"],
  ["src/engine/plan/a.ts", 'const later = await import("../../ui/mosaic/layout.ts");', "plan may not import ui"],
  ["src/engine/model.ts", 'import "../cli/main.ts";', "model may not import cli"],
  ["src/engine/shapes.ts", 'import type { Graph } from "./graph/graph.ts";', "vocabulary may not import graph"],
  ["src/engine/somewhere.ts", 'import { sizeOf } from "./shapes.ts";', "is in no room"],
  ["src/shaders/a.ts", 'import type { Kernel } from "../engine/ops/operator.ts";', "shaders may not import ops"],
  ["src/ui/a.ts", 'import { buildGraph } from "../../models/index.ts";', "ui may not import models"],
  ["src/cli/a.ts", 'import { run } from "../../bench/driver.ts";', "cli may not import bench"],
  ["src/engine/ops/a.ts", 'import { sizeOf } from "../shapes.ts";', undefined],
  ["src/ui/a.ts", 'import { loadModel } from "../engine/model.ts";', undefined],
])("the table is asked about %s with %s", (file, source, expected) => {
  const [imported = ""] = importsOf(file, source);
  if (expected === undefined) expect(verdict(file, imported)).toBeUndefined();
  else expect(verdict(file, imported)).toContain(expected);
});

test("the linter refuses protobuf libraries, but where ours is compared with one", () => {
  const cases = [
    ["src/engine/onnx/a.ts", "onnx-proto", true],
    ["src/engine/onnx/proto.ts", "onnx-proto", true],
    ["src/engine/ops/c.ts", "onnx-proto", true],
    ["models/a.ts", "protobufjs/minimal.js", true],
    ["tests/unit/onnx-reference.test.ts", "onnx-proto", false],
  ] as const;
  const folder = mkdtempSync(join(tmpdir(), "convcam-lint-"));
  try {
    copyFileSync(join(root, "biome.json"), join(folder, "biome.json"));
    for (const [file, specifier] of cases) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `import { thing } from "${specifier}";\n\nexport const copy = thing;\n`);
    }
    const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
    const options = ["lint", "--vcs-enabled=false", "--colors=off", "."];
    const { stdout, stderr } = spawnSync(process.execPath, [biome, ...options], { cwd: folder, encoding: "utf8" });
    const verdicts = new Map([...(stdout + stderr).matchAll(/^(\S+\.ts):\d+:\d+ [^\n]*\n+\s*. ([^\n]+)/gm)].map((m) => [m[1], m[2]]));
    for (const [file, specifier, isRefused] of cases) {
      const said = verdicts.get(file) ?? "";
      expect(said.includes("Convcam has its own codec"), `${file} importing ${specifier}: ${said}`).toBe(isRefused);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 30_000);
