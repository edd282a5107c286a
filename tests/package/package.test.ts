// The packages as others get them: packed, installed into a fresh folder, compiled against, bundled and run. Needs `npm run build`.
import { execFile, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const megabyte = 1e6;
const isWindows = process.platform === "win32";

/** Two fresh folders beside each other: an application with `convcam`, and one with `convcam-cli` as well. */
const temporary = mkdtempSync(join(tmpdir(), "convcam-package-"));
const app = join(temporary, "app");
const terminal = join(temporary, "terminal");

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** What npm would publish of a folder, as the path of its archive. */
async function pack(folder: string): Promise<string> {
  const command = ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", temporary];
  const { stdout } = await promisify(execFile)("npm", command, { cwd: folder, encoding: "utf8", shell: isWindows });
  const described = JSON.parse(stdout) as Record<string, { filename: string }> | readonly { filename: string }[];
  return join(temporary, (Object.values(described)[0] as { filename: string }).filename);
}

/** Installs archives into a folder as npm does, from nothing but these archives and npm's own cache. */
function install(folder: string, archives: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "fresh", "private": true, "type": "module" }');
  const command = ["install", "--offline", "--no-audit", "--no-fund", "--no-save", ...archives];
  const { status, stderr } = spawnSync("npm", command, { cwd: folder, encoding: "utf8", shell: isWindows });
  expect(status, stderr).toBe(0);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
}

function readJson(path: string): Record<string, Record<string, string> | undefined> {
  return JSON.parse(readFileSync(path, "utf8"));
}

function start(folder: string, command: readonly string[]) {
  return spawnSync(process.execPath, command, { cwd: folder, encoding: "utf8" });
}

beforeAll(async () => {
  for (const built of ["dist/convcam.js", "dist/element.js", "dist/types/src/index.d.ts", "packages/cli/dist/cli.js"])
    expect(existsSync(join(root, built)), `${built} is missing: run npm run build first`).toBe(true);
  install(app, [await pack(root)]);
}, 60_000);

describe("npm install convcam", () => {
  test("brings one package below 5 MB", () => {
    expect(readdirSync(join(app, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["convcam"]);
    const bytes = filesBelow(join(app, "node_modules")).reduce((sum, path) => sum + statSync(path).size, 0);
    expect(bytes).toBeLessThan(5 * megabyte);
  });

  test("the notices of the libraries that are built in go along", () => {
    const notices = readFileSync(join(app, "node_modules/convcam/dist/third-party-notices.txt"), "utf8");
    const scripts = filesBelow(join(app, "node_modules/convcam/dist")).filter((path) => path.endsWith(".js"));
    expect(scripts.some((path) => readFileSync(path, "utf8").includes("lit$"))).toBe(true);
    for (const name of ["lit", "@dagrejs/dagre"]) expect(notices).toMatch(new RegExp(`^${name}$[^]*?Copyright`, "m"));
  });

  test("brings no native code and nothing that runs at installation", () => {
    expect(filesBelow(join(app, "node_modules")).filter((path) => /\.(node|so|dll|dylib|exe)$/.test(path))).toEqual([]);
    const { scripts = {}, ...manifest } = readJson(join(app, "node_modules/convcam/package.json"));
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare|uninstall)$/.test(name))).toEqual([]);
    for (const kind of ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies"])
      expect(manifest[kind], kind).toBeUndefined();
  });

  test("has every file that its exports name", () => {
    const folder = join(app, "node_modules/convcam");
    const named = [...JSON.stringify(readJson(join(folder, "package.json"))["exports"]).matchAll(/:"(\.\/[^"]+\.\w+)"/g)].map((m) => m[1]);
    expect(named).toContain("./dist/element.js");
    expect(named.filter((path) => !existsSync(join(folder, path as string)))).toEqual([]);
  });
});

const program = `
import { type Device, loadModel, type Model, requestDevice, Tensor } from "convcam";
import { ConvCam } from "convcam/element";

export async function maps(device: Device | undefined): Promise<readonly number[]> {
  const model: Model = await loadModel(device ?? (await requestDevice()), "model.onnx", { observe: ["conv"] });
  const { y } = await model.predict({ x: new Float32Array(784) });
  const scores: Tensor | undefined = y;
  const { offset } = model.value("conv");
  return [...(await model.read("conv")).shape, scores?.shape.length ?? 0, offset];
}

const element: ConvCam = document.createElement("conv-cam");
element.input = document.createElement("canvas");
document.body.append(element);
`;

const compilers = ["tests/package/", ""].map((folder) => {
  const found = dirname(createRequire(join(root, folder, "index.js")).resolve("typescript/package.json"));
  return { tsc: join(found, "lib/tsc.js"), version: String(readJson(join(found, "package.json"))["version"]) };
});

test("two compilers are compared: 5.9, and one that has WebGPU in its DOM library", () => {
  expect(compilers.map(({ version }) => Number.parseFloat(version))).toEqual([5.9, expect.any(Number)]);
  expect(Number.parseFloat(compilers[1]?.version ?? "")).toBeGreaterThanOrEqual(6);
});

describe.each(compilers)("TypeScript $version", ({ tsc }) => {
  test.each(["bundler", "nodenext"])(
    "compiles a strict program with nothing else installed, modules resolved as in %s",
    (resolution) => {
      const folder = join(app, `types-${resolution}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "program.ts"), program);
      const compilerOptions = {
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
        target: "es2022",
        module: resolution === "bundler" ? "esnext" : resolution,
        moduleResolution: resolution,
        types: [],
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
      const { status, stdout } = start(folder, [tsc, "--project", folder]);
      expect(stdout).toBe("");
      expect(status).toBe(0);
    },
    120_000,
  );
});

test("the README's examples for a page compile as they stand", () => {
  const blocks = Array.from(readFileSync(join(root, "README.md"), "utf8").matchAll(/```js\n([\s\S]*?)```/g), ([, code]) => code as string);
  const examples = blocks.filter((code) => !code.includes('from "webgpu"'));
  expect(examples.length).toBeGreaterThan(5);
  const folder = join(app, "readme");
  mkdirSync(folder);
  writeFileSync(join(folder, "readme.ts"), ['import "convcam/element";', ...examples].join("\n"));
  const compilerOptions = { strict: true, noEmit: true, target: "es2022", module: "esnext", moduleResolution: "bundler", types: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  expect(start(folder, [compilers[1]?.tsc as string, "--project", folder]).stdout).toBe("");
}, 120_000);

describe("an application that imports convcam and convcam/element", () => {
  let chunks: readonly Rolldown.OutputChunk[];
  let assets: readonly string[];

  beforeAll(async () => {
    writeFileSync(
      join(app, "main.js"),
      'import * as engine from "convcam";\nimport * as ui from "convcam/element";\nconsole.log(engine, ui);\n',
    );
    const outDir = join(app, "bundle");
    const result = await build({
      root: app,
      configFile: false,
      logLevel: "silent",
      build: { outDir, minify: false, modulePreload: false, rolldownOptions: { input: join(app, "main.js") } },
    });
    const { output } = (Array.isArray(result) ? result[0] : result) as Rolldown.RolldownOutput;
    chunks = output.filter((file) => file.type === "chunk");
    assets = output.map(({ fileName }) => basename(fileName));
  }, 60_000);

  test("gets the engine once", () => {
    // One module of the package is in one chunk only; were the engine in two modules, its error's class would be there twice.
    const definitions = chunks.flatMap(({ code }) => code.match(/class \S+ extends Error\b|= ?class extends Error\b/g) ?? []);
    const classes = (file: string) => readFileSync(join(root, "dist", file), "utf8").match(/class(?: \S+)? extends Error\b/g) ?? [];
    expect(classes("convcam.js").length).toBeGreaterThan(0);
    // What the instrument is built with has errors of its own.
    const files = readdirSync(join(root, "dist")).filter((file) => file.endsWith(".js"));
    expect(definitions).toHaveLength(files.flatMap(classes).length);
  });

  test("has the worker and the parts that load on demand", () => {
    expect(
      assets.some((name) => /^element-worker-.*\.js$/.test(name)),
      assets.join(" "),
    ).toBe(true);
    expect(
      assets.some((name) => /^convcam-on-demand-.*\.js$/.test(name)),
      assets.join(" "),
    ).toBe(true);
  });
});

test("element.js imports the engine at once and nothing else: the size that is checked is what a page waits for", () => {
  const importsOf = (file: string): readonly (string | undefined)[] =>
    [...readFileSync(join(root, "dist", file), "utf8").matchAll(/(?:^|[;}])(?:import|export)[^;"'()]*?["'](\.[^"']+)["']/g)].map(
      (m) => m[1],
    );
  expect(importsOf("element.js")).toEqual(["./convcam.js"]);
  expect(importsOf("convcam.js")).toEqual([]);
});

describe("the command", () => {
  const model = join(root, "models/mnist-trained.onnx");

  test("says where it is when only the library is installed", () => {
    const { status, stderr } = start(app, ["node_modules/convcam/bin/convcam.mjs", "summary", model]);
    expect(stderr).toContain(`npx convcam-cli summary ${model}`);
    expect(status).toBe(1);
  });

  test("runs from its own package, with what that declares and nothing else", async () => {
    const archive = await pack(join(root, "packages/cli"));
    // Unpacked by hand: its dependencies are the ones of this checkout, so that no registry is asked.
    const folder = join(terminal, "node_modules/convcam-cli");
    mkdirSync(folder, { recursive: true });
    expect(spawnSync("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"]).status).toBe(0);
    for (const name of Object.keys(readJson(join(folder, "package.json"))["dependencies"] ?? {}))
      symlinkSync(join(root, "node_modules", name), join(terminal, "node_modules", name), "junction");
    const { status, stdout, stderr } = start(terminal, ["node_modules/convcam-cli/bin/convcam.mjs", "summary", model]);
    expect(stderr).toBe("");
    expect(stdout).toContain("conv_1");
    expect(status).toBe(0);
  }, 120_000);

  test("is there, whole, while another command builds it anew", async () => {
    const path = join(root, "packages/cli/dist/cli.js");
    const sizes = new Set<number | undefined>();
    const look = () => sizes.add(statSync(path, { throwIfNoEntry: false })?.size);
    look();
    const [before] = sizes;
    let isDone = false;
    const building = promisify(execFile)(process.execPath, [join(root, "scripts/build.mjs"), "cli", "--quiet"]).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      look();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await building;
    expect([...sizes]).toEqual([...new Set([before, statSync(path).size])]);
  }, 60_000);

  test("is what `convcam` starts where both are installed", () => {
    cpSync(join(app, "node_modules/convcam"), join(terminal, "node_modules/convcam"), { recursive: true });
    const { stdout, stderr } = start(terminal, ["node_modules/convcam/bin/convcam.mjs", "--version"]);
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe(String(readJson(join(root, "package.json"))["version"]));
  }, 120_000);

  test("has the library's version, and the dependencies that this checkout was tested with", () => {
    const [own, cli] = ["package.json", "packages/cli/package.json"].map((path) => readJson(join(root, path)));
    expect(cli?.["version"]).toBe(own?.["version"]);
    expect(own?.["devDependencies"]).toMatchObject(cli?.["dependencies"] as object);
  });
});
