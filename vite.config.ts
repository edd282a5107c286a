// Builds and tests. `vite build` makes the site; the modes library, element and cli make the package's three files.
import { resolve } from "node:path";
import type { Plugin, Rolldown } from "vite";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { peers } from "./bench/vite-peers.ts";
import { wgsl } from "./src/shaders/vite-plugin.ts";

/** Whoever has WebGPU knows light-dark(): written out, it would no longer follow `color-scheme`. */
const cssTarget = ["chrome123", "firefox120", "safari17.5"];

type Build = NonNullable<ViteUserConfig["build"]>;

/** An ES module and the parts it loads on demand, minified in full (Vite's own library mode keeps white space). */
function singleFile(entry: string, name: string): Build {
  return {
    outDir: "dist",
    emptyOutDir: false,
    copyPublicDir: false,
    target: "es2022",
    cssTarget,
    modulePreload: false,
    rolldownOptions: {
      input: { [name]: entry },
      preserveEntrySignatures: "allow-extension",
      output: {
        format: "es",
        entryFileNames: "[name].js",
        chunkFileNames: `${name}-[name].js`,
        codeSplitting: { groups: [{ name: withEntry(entry, name), debugName: name }] },
      },
    },
  };
}

/** The package's modules load what they need themselves: Vite's helper for preloading would only be ballast. */
function withoutPreload(): Plugin {
  return {
    name: "convcam:without-preload",
    enforce: "pre",
    load: (id) => (id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : null),
  };
}

/** Keeps what an entry imports in its own file: modules that parts loaded later share with it would else be files that it imports. */
function withEntry(entry: string, name: string): Rolldown.CodeSplittingNameFunction {
  const own = new Set<string>();
  const add = (id: string, context: Rolldown.ChunkingContext): void => {
    if (own.has(id)) return;
    own.add(id);
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) add(imported, context);
  };
  return (id, context) => {
    add(resolve(import.meta.dirname, entry), context);
    return own.has(id) ? name : null;
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
      handler: (code, id) => (id.endsWith("/remote-session.ts") ? code.replaceAll("(workerAddress,", `("./${fileName}",`) : null),
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
  rolldownOptions: { input: { index: "index.html", bench: "bench.html", frame: "bench/frame.html" } },
};

const builds: Readonly<Record<string, Build>> = {
  library: singleFile("src/index.ts", "convcam"),
  element: singleFile("src/ui/element.ts", "element"),
  // Node loads it: dependencies stay imports, and names stay readable in stack traces.
  cli: {
    outDir: "dist",
    emptyOutDir: false,
    copyPublicDir: false,
    ssr: "src/cli/convcam.ts",
    target: "node20",
    minify: false,
    rolldownOptions: { output: { entryFileNames: "cli.js", codeSplitting: false } },
  },
};

const packagePlugins: Readonly<Record<string, readonly Plugin[]>> = {
  library: [withoutPreload()],
  element: [withoutPreload(), workerBesideElement()],
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
      { extends: true, test: { name: "unit", include: ["tests/unit/**/*.test.ts"], testTimeout: 20_000 } },
      // One process, one file at a time: they share one Dawn, and SwiftShader uses every core as it is.
      { extends: true, test: { name: "gpu", include: ["tests/conformance/**/*.test.ts"], ...serialGpu, testTimeout: 60_000 } },
      { extends: true, test: { name: "large", include: ["tests/large/**/*.test.ts"], ...serialGpu, testTimeout: 600_000 } },
    ],
  },
}));
