// Builds and tests. `vite build` makes the site; mode package makes the package's modules, mode cli the command.
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import type { Plugin, Rolldown } from "vite";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { peers } from "./bench/vite-peers.ts";
import { wgsl } from "./src/shaders/vite-plugin.ts";

/** Whoever has WebGPU knows light-dark(): written out, it would no longer follow `color-scheme`. */
const cssTarget = ["chrome123", "firefox120", "safari17.5"];

type Build = NonNullable<ViteUserConfig["build"]>;

/** The package's entries. The worker's is emitted by `workerBesideElement`. */
const entries = { convcam: "src/index.ts", element: "src/ui/element.ts" };

/** Parts that share modules with others, which then import the part's file. */
const parts = {
  ...Object.fromEntries(["dense", "global-pool", "movement", "variadic"].map((name) => [name, `src/engine/ops/${name}.ts`])),
  winograd: "src/engine/ops/convolution/winograd.ts",
  showing: "src/ui/session/showing.ts",
  panel: "src/ui/panel.ts",
};

/** What every training takes goes into one file: it is smaller than several, and fetched at once. */
const ofTraining = new RegExp(
  [
    String.raw`engine/(trainer|training-batch|gradient/training/(training|usual|usual-rates|optimizers))\.ts$`,
    String.raw`engine/ops/training/(index|cross-entropy|update|(weight|bias)-gradient)\.ts$`,
    String.raw`shaders/(generate/(update|weight-gradient)\.ts|(loss-(rows|total|gradient)|channel-sums)\.wgsl)$`,
  ].join("|"),
);

/**
 * The package for browsers: `convcam.js`, which holds the engine, `element.js`, which imports it, and the parts that either loads on
 * demand. Vite's own library mode keeps white space, so these are plain builds.
 */
const browserPackage: Build = {
  outDir: "dist",
  emptyOutDir: false,
  copyPublicDir: false,
  target: "es2022",
  cssTarget,
  modulePreload: false,
  rolldownOptions: {
    input: entries,
    preserveEntrySignatures: "allow-extension",
    output: {
      format: "es",
      entryFileNames: "[name].js",
      chunkFileNames: "convcam-[name].js",
      codeSplitting: { groups: [{ name: firstEntryWith(), debugName: "entries", includeDependenciesRecursively: false }] },
    },
  },
};

/**
 * The package's modules load what they need themselves: Vite's helper for preloading, and the function that it wraps around each `import()`, would
 * only be ballast in what every page fetches.
 */
function withoutPreload(): Plugin {
  const end = String.raw`,\[\],import\.meta\.url\)`;
  const call = String.raw`(?<![\w$.])[\w$]+`;
  const load = "import\\([`\"'][^`\"']+[`\"']\\)";
  const wrapped = new RegExp(`${call}\\(async\\(\\)=>\\{let\\{([^}]*)\\}=await (${load});return\\{\\1\\}\\}${end}`, "g");
  const handed = new RegExp(`${call}\\(\\(\\)=>(${load}(?:\\.then\\((\\w+)=>\\2\\.\\w+\\))?)${end}`, "g");
  return {
    name: "convcam:without-preload",
    enforce: "pre",
    load: (id) => (id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : null),
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const file of Object.values(bundle))
          if (file.type === "chunk") file.code = file.code.replace(wrapped, "$2").replace(handed, "$1").replace(new RegExp(end, "g"), ")");
      },
    },
  };
}

/**
 * Puts a module into the file of the first entry, or part, that imports it without waiting. Modules that a part loaded on demand shares with an
 * entry would otherwise become files of their own, which a page has to fetch one after another.
 */
function firstEntryWith(): Rolldown.CodeSplittingNameFunction {
  const homes = new Map<string, string>();
  const add = (id: string, name: string, context: Rolldown.ChunkingContext): void => {
    if (homes.has(id)) return;
    homes.set(id, name);
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) add(imported, name, context);
  };
  return (id, context) => {
    if (homes.size === 0) {
      for (const [name, entry] of Object.entries({ ...entries, ...parts })) add(resolve(import.meta.dirname, entry), name, context);
    }
    return homes.get(id) ?? (ofTraining.test(id) ? "training" : null);
  };
}

/**
 * Rolldown puts the helper that makes an object of a module's exports into a file of its own, which a page would fetch only after the
 * parts that import it. Here each of these has a helper itself.
 */
function withoutRuntimeFile(): Plugin {
  const helper = "t=>{let e={};for(let n in t)Object.defineProperty(e,n,{get:t[n],enumerable:!0});return e}";
  return {
    name: "convcam:without-runtime-file",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const runtime = chunks.find(({ name }) => name === "rolldown-runtime");
      if (!runtime) return;
      const { fileName } = runtime;
      delete bundle[fileName];
      for (const chunk of chunks.filter(({ imports }) => imports.includes(fileName))) {
        const code = chunk.code.replace(/import\{t as (\w+)\}from"\.\/([^"]+)";/g, (text, name, from) =>
          from === fileName ? `var ${name}=${helper};` : text,
        );
        if (code.includes(fileName)) this.error(`${chunk.fileName} imports more of ${fileName} than is known here`);
        chunk.code = code;
        chunk.imports = chunk.imports.filter((imported) => imported !== fileName);
      }
    },
  };
}

/** In the package the worker takes its engine from the element's own file; elsewhere Vite bundles one for it. */
function workerBesideElement(): Plugin {
  const fileName = "element-worker.js";
  const address = "\0worker-address";
  return {
    name: "convcam:worker",
    enforce: "pre",
    resolveId: (source) => (source.endsWith("/worker.ts?worker&url") ? address : null),
    load: (id) => (id === address ? "export default undefined;" : null),
    // Bundlers look for `new Worker(new URL("…", import.meta.url))`. After Vite's own plugins, which do so, too.
    transform: {
      order: "post",
      handler: (code, id) => (id.endsWith("/worker-link.ts") ? code.replaceAll("(workerAddress,", `("./${fileName}",`) : null),
    },
    buildStart() {
      this.emitFile({ type: "chunk", id: resolve(import.meta.dirname, "src/ui/session/worker.ts"), fileName });
    },
  };
}

const site: Build = {
  outDir: "dist/site",
  target: "es2022",
  cssTarget,
  rolldownOptions: {
    input: {
      index: "index.html",
      learn: "learn.html",
      train: "train.html",
      embed: "embed.html",
      examples: "examples.html",
      bench: "bench.html",
      frame: "bench/frame.html",
    },
  },
};

const builds: Readonly<Record<string, Build>> = {
  package: browserPackage,
  // scripts/build.mjs gives it another folder first. Node loads it: dependencies stay imports, and names stay readable in stack traces.
  cli: {
    outDir: "packages/cli/dist",
    copyPublicDir: false,
    ssr: "src/cli/convcam.ts",
    target: "node20",
    minify: false,
    rolldownOptions: { output: { entryFileNames: "cli.js", codeSplitting: false } },
  },
};

const packagePlugins: Readonly<Record<string, readonly Plugin[]>> = {
  package: [withoutPreload(), withoutRuntimeFile(), workerBesideElement()],
};

const serialGpu = { pool: "forks", fileParallelism: false, isolate: false } as const;

export default defineConfig(({ mode }) => ({
  // Relative addresses, so that the site works from any folder of any host.
  base: "./",
  plugins: [wgsl(), peers(), ...(packagePlugins[mode] ?? [])],
  worker: { format: "es", plugins: () => [wgsl()] },
  build: builds[mode] ?? site,
  test: {
    projects: [
      // By default vitest leaves a core to itself, which is half of a machine with two, and starts a process for each file.
      {
        extends: true,
        test: {
          name: "unit",
          include: ["tests/unit/**/*.test.ts"],
          maxWorkers: availableParallelism(),
          isolate: false,
          unstubGlobals: true,
          unstubEnvs: true,
          testTimeout: 60_000,
        },
      },
      // Two processes: SwiftShader computes on every core, but compiles each pipeline on one. The files of a process share its Dawn.
      {
        extends: true,
        test: {
          name: "gpu",
          include: ["tests/conformance/**/*.test.ts"],
          ...serialGpu,
          fileParallelism: true,
          maxWorkers: 2,
          testTimeout: 180_000,
        },
      },
      { extends: true, test: { name: "package", include: ["tests/package/**/*.test.ts"] } },
      { extends: true, test: { name: "large", include: ["tests/large/**/*.test.ts"], ...serialGpu, testTimeout: 600_000 } },
      { extends: true, test: { name: "exporters", include: ["tests/exporters/*.test.ts"], ...serialGpu, testTimeout: 900_000 } },
    ],
  },
}));
