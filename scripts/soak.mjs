// `npm run soak`: uses the built element for minutes, on the page and in a worker, and fails if its heap or its GPU memory grows.
// Sixty seconds of frames, 40 changes of layers, 60 of looks and sizes, 25 removals. `npm run soak -- --seconds 10` shortens the first.
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { createServer, runnerImport } from "vite";
import { root } from "./steps.mjs";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
/** @type {{ module: typeof import("../tests/support/browser.ts") }} */
const { module: support } = await runnerImport(`${root}tests/support/browser.ts`, { configFile: false, logLevel: "warn" });

/** Code that is compiled and caches that fill late take a megabyte or so: what grows with every use grows by far more. */
const allowedGrowth = { share: 0.2, bytes: 2e6 };

/** Runs in the page and in the worker before the element: sums the sizes of buffers and textures that are not destroyed. */
function countGpuBytes() {
  const alive = new Map();
  const devices = new Map();
  Object.assign(globalThis, { soakGpuBytes: () => [...alive.values()].reduce((sum, bytes) => sum + bytes, 0) });
  const texels = ({ size }) =>
    (Array.isArray(size) ? size : [size.width, size.height ?? 1, size.depthOrArrayLayers ?? 1]).reduce((a, b) => a * b, 1);
  for (const [method, kind, bytesOf] of /** @type {const} */ ([
    ["createBuffer", GPUBuffer, ({ size }) => size],
    ["createTexture", GPUTexture, (descriptor) => 4 * texels(descriptor)],
  ])) {
    const create = GPUDevice.prototype[method];
    GPUDevice.prototype[method] = function (descriptor) {
      const made = create.call(this, descriptor);
      alive.set(made, bytesOf(descriptor));
      devices.set(made, this);
      return made;
    };
    const destroy = kind.prototype.destroy;
    kind.prototype.destroy = function () {
      alive.delete(this);
      devices.delete(this);
      return destroy.call(this);
    };
  }
  const destroyDevice = GPUDevice.prototype.destroy;
  GPUDevice.prototype.destroy = function () {
    for (const [made, device] of devices) if (device === this) for (const map of [alive, devices]) map.delete(made);
    return destroyDevice.call(this);
  };
}

/** Runs in the page: what a visitor does, so many times each. */
async function use({ seconds, layerChanges, looks, removals }) {
  const element = document.querySelector("conv-cam");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 28;
  const context = canvas.getContext("2d");
  const next = (type) => new Promise((resolve) => element.addEventListener(type, resolve, { once: true }));
  const frame = async () => {
    context.fillStyle = "#000";
    context.fillRect(0, 0, 28, 28);
    context.fillStyle = "#fff";
    context.fillRect(4 + 16 * Math.random(), 4, 3, 20);
    const drawn = next("frame");
    element.refresh();
    await drawn;
  };
  if (element.input !== canvas) element.input = canvas;
  if (!element.isConnected || !element.soaked) await next("frame");
  element.soaked = true;
  for (const until = performance.now() + 1000 * seconds; performance.now() < until; ) await frame();
  const layers = ["conv_1", "conv_1,pool_1", "conv_2", "all"];
  for (let i = 0; i < layerChanges; i++) {
    const drawn = next("frame");
    element.setAttribute("layers", layers[i % layers.length]);
    await drawn;
  }
  for (let i = 0; i < looks; i++) {
    element.setAttribute("colormap", ["gray", "viridis", "magma"][i % 3]);
    element.setAttribute("normalize", ["layer", "channel", "robust"][i % 3]);
    element.style.width = `${400 + 40 * (i % 5)}px`;
    await frame();
  }
  for (let i = 0; i < removals; i++) {
    element.remove();
    const loaded = next("load");
    document.body.append(element);
    await loaded;
    await frame();
  }
}

const server = await createServer({
  root,
  logLevel: "warn",
  server: { port: 0, hmr: false, headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } },
});
await server.listen();
const address = server.resolvedUrls?.local[0] ?? "";
const browser = await chromium.launch({
  executablePath: support.ensureBrowser(),
  args: [...support.chromiumArguments, "--enable-blink-features=ForceEagerMeasureMemory"],
});
let status = 0;
try {
  for (const place of ["page", "worker"]) {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(error));
    await page.addInitScript(countGpuBytes);
    await page.route("**/element-worker.js*", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${await response.text()}\n;(${countGpuBytes})();` });
    });
    await page.goto(`${address}tests/element/built.html`);
    await page.evaluate(async (isWorker) => {
      await customElements.whenDefined("conv-cam");
      document.querySelector("conv-cam").toggleAttribute("worker", isWorker);
    }, place === "worker");
    const measure = async () => {
      const heap = await page.evaluate(async () => (await performance.measureUserAgentSpecificMemory()).bytes);
      // A read-back that is still under way has a buffer of its own: the least of several looks has none.
      let gpu = Number.POSITIVE_INFINITY;
      for (let look = 0; look < 10; look++) {
        const counts = await Promise.all([page, ...page.workers()].map((thread) => thread.evaluate(() => globalThis.soakGpuBytes())));
        gpu = Math.min(
          gpu,
          counts.reduce((sum, bytes) => sum + bytes, 0),
        );
        await page.waitForTimeout(100);
      }
      return { heap, gpu };
    };
    // Once through everything, so that what is kept for good has been made.
    await page.evaluate(use, { seconds: 2, layerChanges: 4, looks: 15, removals: 2 });
    const before = await measure();
    await page.evaluate(use, { seconds: Number(values.seconds), layerChanges: 40, looks: 60, removals: 25 });
    const after = await measure();
    const isFlat = after.gpu <= before.gpu && after.heap - before.heap <= Math.max(allowedGrowth.bytes, allowedGrowth.share * before.heap);
    const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(4);
    console.log(
      `${place.padEnd(6)} heap ${megabytes(before.heap)} → ${megabytes(after.heap)} MB, GPU ${megabytes(before.gpu)} → ${megabytes(after.gpu)} MB: ${isFlat ? "flat" : "GROWS"}`,
    );
    if (!isFlat || before.gpu === 0) status = 1;
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
}
process.exitCode = status;
