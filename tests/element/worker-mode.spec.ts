// <conv-cam worker>: the same pictures, numbers, events and errors as on the page's own thread, which stays free.
import { readFile, stat } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";
import type { ConvCamEvents } from "../../src/ui/events.ts";
import { test, visit } from "./fixtures.ts";
import { patchWorker } from "./patch-worker.ts";

const network = "/models/mnist-trained.onnx";

/** Opens the page with both elements, still without a network. */
async function open(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1240, height: 1400 });
  await visit(page, "worker-mode");
  await page.evaluate(() => customElements.whenDefined("conv-cam"));
}

/** Gives elements a drawing of a 1 and a network. */
async function show(page: Page, ids: readonly string[], src = network): Promise<void> {
  await page.evaluate(
    ([names, url]) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 28;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#fff";
      context.fillRect(12, 4, 3, 20);
      for (const id of names as string[]) {
        const element = document.getElementById(id) as ConvCam;
        element.addEventListener("load", (event) => {
          element.dataset["isInWorker"] = String((event as CustomEvent<ConvCamEvents["load"]>).detail.isInWorker);
        });
        element.input = canvas;
        element.src = url as string;
      }
    },
    [ids, src] as const,
  );
}

async function expectAnswer(page: Page, id: string): Promise<void> {
  await expect(page.locator(`#${id} .bars .top .label`)).toHaveText("1");
  await expect(page.locator(`#${id} .panel .high`).last()).not.toBeEmpty();
}

/** Both elements' mosaics on the screen, pixel by pixel. */
async function expectSameMosaics(page: Page, count: number): Promise<void> {
  await expect(page.locator("#there canvas")).toHaveCount(count);
  for (let i = 0; i < count; i++) {
    const [here, there] = ["here", "there"].map((id) => page.locator(`#${id} canvas`).nth(i));
    await expect(async () => {
      const [own, other] = [await here?.screenshot(), await there?.screenshot()];
      expect(own && other && own.equals(other), `mosaic ${i}`).toBe(true);
    }).toPass();
  }
}

test("draws the same mosaics in a worker as on the page", async ({ sharedPage: page }) => {
  await open(page);
  await show(page, ["here", "there"]);
  for (const id of ["here", "there"]) await expectAnswer(page, id);
  await expect(page.locator("#here")).toHaveAttribute("data-is-in-worker", "false");
  await expect(page.locator("#there")).toHaveAttribute("data-is-in-worker", "true");
  expect(page.workers()).toHaveLength(1);
  await expectSameMosaics(page, 4);
  const [own, other] = await Promise.all(["here", "there"].map((id) => page.locator(`#${id} .panel`).allInnerTexts()));
  expect(other).toEqual(own);

  for (const [name, value] of [
    ["colormap", "magma"],
    ["normalize", "channel"],
    ["columns", "4"],
    ["layers", "conv_2,pool_1+pool_1,output_layer"],
  ] as const)
    for (const id of ["here", "there"])
      await page.evaluate(
        ([which, attribute, text]) => {
          const element = document.getElementById(which as string) as ConvCam;
          element.setAttribute(attribute as string, text as string);
          return element.updateComplete;
        },
        [id, name, value],
      );
  await expectSameMosaics(page, 3);
});

test("tells the same values under the pointer, with both networks of a comparison", async ({ sharedPage: page }) => {
  await open(page);
  await page.evaluate(() => {
    for (const id of ["here", "there"]) document.getElementById(id)?.setAttribute("compare", "../../models/mnist-blank.onnx");
  });
  await show(page, ["here", "there"]);
  for (const id of ["here", "there"]) await expectAnswer(page, id);
  const readouts: string[] = [];
  for (const id of ["here", "there"]) {
    const panel = page.locator(`#${id} .panel`).nth(1);
    await panel.locator("canvas").focus();
    await page.keyboard.press("ArrowRight");
    for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowDown");
    for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowRight");
    await expect(panel.locator(".readout")).toContainText("channel 0 · y 12 · x 12 · ");
    readouts.push((await panel.locator(".readout").textContent()) ?? "");
  }
  expect(readouts[0]).toMatch(/ · \S+ \| \S+$/);
  expect(readouts[1]).toBe(readouts[0]);
  await page.locator("#there .panel canvas").nth(1).blur();
  await expectSameMosaics(page, 4);
});

test("watches the camera, and no frame takes more memory", async ({ sharedPage: page }) => {
  await open(page);
  await page.evaluate(() => document.getElementById("there")?.setAttribute("input", "camera"));
  await page.evaluate((url) => document.getElementById("there")?.setAttribute("src", url), network);
  const frames = await page.evaluate(
    () =>
      new Promise<ConvCamEvents["frame"][]>((resolve) => {
        const seen: ConvCamEvents["frame"][] = [];
        document.getElementById("there")?.addEventListener("frame", (event) => {
          const { detail } = event as CustomEvent<ConvCamEvents["frame"]>;
          // The network changes to its final pipelines once.
          if (seen.at(-1)?.gpuBytes !== detail.gpuBytes) seen.length = 0;
          seen.push(detail);
          if (seen.length === 35) resolve(seen);
        });
      }),
  );
  expect(frames.at(-1)?.fps).toBeGreaterThan(1);
  expect(frames.at(-1)?.gpuBytes).toBeGreaterThan(900_000);
  // The fake camera shows a moving picture on green, not black.
  await expect(page.locator("#there .panel .high").first()).not.toHaveText("0");
});

test("says what is wrong with a network, and takes the next one", async ({ sharedPage: page }) => {
  await open(page);
  const bytes = await readFile(new URL("../../models/mnist-trained.onnx", import.meta.url));
  await page.route("**/truncated.onnx", (route) => route.fulfill({ body: bytes.subarray(0, 100_000) }));
  await page.route("**/blocked.onnx", (route) => route.abort());
  for (const [file, message] of [
    ["/models/truncated.onnx", /This did not work/],
    ["/models/blocked.onnx", /could not be downloaded/],
    ["/models/absent.onnx", /could not be|This did not work/],
  ] as const) {
    await page.evaluate(() => {
      const element = document.getElementById("there") as ConvCam;
      element.addEventListener("error", (event) => {
        element.dataset["error"] = (event as unknown as CustomEvent<ConvCamEvents["error"]>).detail.error.name;
      });
    });
    await show(page, ["there"], file);
    await expect(page.locator("#there .problem")).toContainText(message);
    await expect(page.locator("#there")).toHaveAttribute("data-error", "ModelError");
  }
  await show(page, ["there"]);
  await expectAnswer(page, "there");
  await expect(page.locator("#there .problem")).toHaveCount(0);
});

test("says that there is no adapter", async ({ warmPage: page }) => {
  await patchWorker(page, 'Object.defineProperty(GPU.prototype, "requestAdapter", { value: async () => null });');
  await open(page);
  await show(page, ["there"]);
  await expect(page.locator("#there .problem")).toContainText("found no GPU");
  await expect(page.locator("#there .problem h2")).toHaveText("No GPU to compute on");
});

test("recovers from a lost GPU", async ({ warmPage: page }) => {
  await patchWorker(
    page,
    `const request = GPUAdapter.prototype.requestDevice;
     GPUAdapter.prototype.requestDevice = async function (...options) {
       const device = await request.apply(this, options);
       self.loseDevice = () => device.destroy();
       return device;
     };`,
  );
  await open(page);
  await show(page, ["there"]);
  await expectAnswer(page, "there");
  await page.evaluate(() => {
    const element = document.getElementById("there") as ConvCam;
    element.addEventListener("load", () => element.setAttribute("data-again", ""));
  });
  await page.workers()[0]?.evaluate(() => (self as unknown as { loseDevice: () => void }).loseDevice());
  await expect(page.locator("#there[data-again]")).toBeAttached();
  await expectAnswer(page, "there");
  await show(page, ["here"]);
  await expectAnswer(page, "here");
  await expectSameMosaics(page, 4);
});

/**
 * Loads a network, draws a few frames and takes the element away again.
 *
 * @returns the calls of WebGPU that the page's own thread made meanwhile, and the bytes of the network that it read
 */
function workOnThePage(page: Page, id: string, src: string): Promise<{ gpuCalls: readonly string[]; bytesRead: number }> {
  return page.evaluate(
    async ([name, url]) => {
      const gpuCalls: string[] = [];
      let bytesRead = 0;
      const restore: (() => void)[] = [];
      const watch = (prototype: object, method: string, note: () => void): void => {
        const object = prototype as Record<string, (...args: unknown[]) => unknown>;
        const original = object[method] as (...args: unknown[]) => unknown;
        object[method] = function (this: unknown, ...args: unknown[]) {
          note();
          return original.apply(this, args);
        };
        restore.push(() => {
          object[method] = original;
        });
      };
      for (const kind of [GPUAdapter, GPUDevice, GPUQueue, GPUCommandEncoder, GPUComputePassEncoder])
        for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(kind.prototype)))
          if (typeof value === "function" && method !== "constructor")
            watch(kind.prototype, method, () => gpuCalls.push(`${kind.name}.${method}`));
      const read = ReadableStreamDefaultReader.prototype.read;
      ReadableStreamDefaultReader.prototype.read = async function (this: ReadableStreamDefaultReader) {
        const result = await read.call(this);
        bytesRead += (result.value as Uint8Array | undefined)?.byteLength ?? 0;
        return result;
      } as typeof read;
      const element = document.getElementById(name as string) as ConvCam;
      element.removeAttribute("layers");
      element.input = await createImageBitmap(new ImageData(224, 224));
      const next = (type: string) => new Promise((resolve) => element.addEventListener(type, resolve, { once: true }));
      element.src = url as string;
      await next("load");
      for (let i = 0; i < 3; i++) {
        await next("frame");
        element.refresh();
      }
      element.remove();
      for (const undo of restore) undo();
      ReadableStreamDefaultReader.prototype.read = read;
      return { gpuCalls: [...new Set(gpuCalls)], bytesRead };
    },
    [id, src],
  );
}

test("leaves the page free while a network loads and runs: no engine work happens on its thread", async ({ page }) => {
  const { size } = await stat(new URL("../../models/mnist-trained.onnx", import.meta.url));
  await open(page);
  // The element on the page shows that the counters see the work.
  const here = await workOnThePage(page, "here", network);
  expect(here.gpuCalls).toEqual(expect.arrayContaining(["GPUDevice.createBuffer", "GPUQueue.submit"]));
  expect(here.bytesRead).toBe(size);
  expect(await workOnThePage(page, "there", network)).toEqual({ gpuCalls: [], bytesRead: 0 });
});

test("ends its worker and returns every byte when it leaves the page, and starts anew when it comes back", async ({ warmPage: page }) => {
  await patchWorker(
    page,
    `let alive = 0;
     const { createBuffer, destroy } = GPUDevice.prototype;
     const destroyBuffer = GPUBuffer.prototype.destroy;
     GPUDevice.prototype.createBuffer = function (...options) { alive++; return createBuffer.apply(this, options); };
     GPUBuffer.prototype.destroy = function () { alive--; destroyBuffer.call(this); };
     GPUDevice.prototype.destroy = function () { new BroadcastChannel("gpu").postMessage(alive); destroy.call(this); };`,
  );
  await open(page);
  await show(page, ["there"]);
  await expectAnswer(page, "there");
  const worker = page.workers()[0];
  const closed = new Promise((resolve) => worker?.on("close", resolve));
  const aliveBuffers = await page.evaluate(
    () =>
      new Promise((resolve) => {
        new BroadcastChannel("gpu").addEventListener("message", ({ data }) => resolve(data));
        document.getElementById("there")?.remove();
      }),
  );
  expect(aliveBuffers).toBe(0);
  await closed;
  expect(page.workers()).toHaveLength(0);
  await page.evaluate(() => {
    const element = document.createElement("conv-cam");
    element.id = "there";
    for (const [name, value] of [
      ["worker", ""],
      ["layers", "conv_1"],
      ["labels", "/models/labels/mnist.txt"],
    ] as const)
      element.setAttribute(name, value);
    document.body.append(element);
  });
  await show(page, ["there"]);
  await expectAnswer(page, "there");
});

test("moves between worker and page when the attribute changes, even while loading", async ({ warmPage: page }) => {
  await open(page);
  await show(page, ["there"]);
  await page.evaluate(() => document.getElementById("there")?.removeAttribute("worker"));
  await expectAnswer(page, "there");
  await expect(page.locator("#there")).toHaveAttribute("data-is-in-worker", "false");
  await expect.poll(() => page.workers().length).toBe(0);
  await page.evaluate(() => document.getElementById("there")?.setAttribute("worker", ""));
  await expect(page.locator("#there")).toHaveAttribute("data-is-in-worker", "true");
  await expectAnswer(page, "there");
});

for (const id of ["here", "there"]) {
  test(`says that a picture may not be read (${id})`, async ({ sharedPage: page }) => {
    await open(page);
    const body = await page.screenshot({ clip: { x: 0, y: 0, width: 8, height: 8 } });
    await page.route("https://other.example/picture.png", (route) => route.fulfill({ contentType: "image/png", body }));
    await show(page, [id]);
    await expectAnswer(page, id);
    await page.evaluate((name) => {
      const image = Object.assign(new Image(), { src: "https://other.example/picture.png" });
      (document.getElementById(name) as ConvCam).input = image;
    }, id);
    await expect(page.locator(`#${id} .problem`)).toContainText("This picture cannot be read");
    await show(page, [id]);
    await expect(page.locator(`#${id} .problem`)).toHaveCount(0);
    await expectAnswer(page, id);
  });

  test(`says that the camera is gone (${id})`, async ({ sharedPage: page }) => {
    await open(page);
    await page.evaluate((name) => document.getElementById(name)?.setAttribute("input", "camera"), id);
    await page.evaluate(([name, src]) => document.getElementById(name as string)?.setAttribute("src", src as string), [id, network]);
    await expect(page.locator(`#${id} .bars li`)).toHaveCount(10);
    await page.evaluate((name) => {
      const { picture } = document.getElementById(name) as ConvCam;
      const [track] = ((picture as HTMLVideoElement).srcObject as MediaStream).getVideoTracks();
      track?.dispatchEvent(new Event("ended"));
    }, id);
    await expect(page.locator(`#${id} .problem`)).toContainText("The camera is gone");
    await show(page, [id]);
    await expectAnswer(page, id);
  });
}

/** What a browser or a page may be without, and how to take it away. */
const lacks = [
  { what: "OffscreenCanvas", page: () => Reflect.deleteProperty(HTMLCanvasElement.prototype, "transferControlToOffscreen") },
  {
    what: "workers",
    page: () => {
      window.Worker = class {
        constructor() {
          throw new DOMException("no", "SecurityError");
        }
      } as unknown as typeof Worker;
    },
  },
  { what: "WebGPU in workers", worker: 'Object.defineProperty(WorkerNavigator.prototype, "gpu", { get: () => undefined });' },
  { what: "the worker's file", worker: 'throw new Error("no");' },
];
for (const { what, page: patch, worker } of lacks)
  test(`stays on the page without ${what}`, async ({ warmPage: page }) => {
    if (patch) await page.addInitScript(patch);
    if (worker) await patchWorker(page, worker);
    await open(page);
    await show(page, ["there"]);
    await expectAnswer(page, "there");
    await expect(page.locator("#there")).toHaveAttribute("data-is-in-worker", "false");
    await expect(page.locator("#there .problem")).toHaveCount(0);
  });

test("starts from another origin's files", async ({ warmPage: page }) => {
  const folder = new URL("../../dist/", import.meta.url);
  await page.route("https://cdn.example/**", async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    const body = await readFile(new URL(name, folder));
    await route.fulfill({ contentType: "text/javascript", headers: { "access-control-allow-origin": "*" }, body });
  });
  await page.route("**/dist/element.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: 'import "https://cdn.example/element.js";' }),
  );
  await open(page);
  await show(page, ["there"]);
  await expectAnswer(page, "there");
  await expect(page.locator("#there")).toHaveAttribute("data-is-in-worker", "true");
});

test("files go to the worker once, and not with every change", async ({ warmPage: page }) => {
  await page.addInitScript(() => {
    const sent = { bytes: 0 };
    Object.assign(window, { sent });
    const bytesIn = (part: unknown): number => {
      if (ArrayBuffer.isView(part)) return part.byteLength;
      const isPlain = Array.isArray(part) || Object.prototype.toString.call(part) === "[object Object]";
      return isPlain ? Object.values(part as object).reduce((sum: number, inner) => sum + bytesIn(inner), 0) : 0;
    };
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (this: Worker, ...given: unknown[]) {
      sent.bytes += bytesIn(given[0]);
      Reflect.apply(postMessage, this, given);
    };
  });
  await open(page);
  const { sizes, told, early } = await page.evaluate(async () => {
    const element = document.getElementById("there") as ConvCam;
    const read = async (name: string) => new Uint8Array(await (await fetch(`/models/mnist-${name}.onnx`)).arrayBuffer());
    const { sent } = window as unknown as { sent: { bytes: number } };
    const told: [string, number][] = [];
    const drawn = async (what: string, change: () => void) => {
      const frame = new Promise((resolve) => element.addEventListener("frame", resolve, { once: true }));
      change();
      await element.updateComplete;
      await frame;
      told.push([what, sent.bytes]);
    };
    const means = async () => (await element.ask({ kind: "statistics", value: "conv_1" })).map(({ mean }) => mean);
    const canvas = document.createElement("canvas");
    canvas.getContext("2d")?.fillRect(0, 0, 9, 9);
    const [src, parameters] = [await read("trained"), await read("early")];
    element.input = canvas;
    await drawn("src", () => Object.assign(element, { src }));
    const trained = await means();
    await drawn("parameters", () => Object.assign(element, { parameters }));
    const early = [await means()];
    await drawn("colormap", () => element.setAttribute("colormap", "magma"));
    await drawn("layers", () => element.setAttribute("layers", "conv_1,conv_2"));
    await drawn("precision", () => element.setAttribute("precision", "float16"));
    early.push(await means());
    await drawn("compare", () => Object.assign(element, { compare: "/models/mnist-blank.onnx" }));
    early.push(await means());
    // Somebody may have written into them.
    await drawn("src again", () => Object.assign(element, { src }));
    await drawn("parameters again", () => Object.assign(element, { parameters }));
    early.push(await means());
    await drawn("no parameters", () => Object.assign(element, { parameters: undefined }));
    return { sizes: [src.length, parameters.length] as const, told, early: early.map((one) => one.map((x, i) => [x, trained[i]])) };
  });
  const [src, parameters] = sizes;
  expect(told).toEqual([
    ["src", src],
    ["parameters", src + parameters],
    ["colormap", src + parameters],
    ["layers", src + parameters],
    ["precision", src + parameters],
    ["compare", src + parameters],
    ["src again", 2 * src + parameters],
    ["parameters again", 2 * src + 2 * parameters],
    ["no parameters", 2 * src + 2 * parameters],
  ]);
  // The worker computes with what it kept.
  for (const means of early) {
    expect(means.some(([mean, trained]) => mean !== trained)).toBe(true);
    for (const [i, [mean = 0]] of means.entries()) expect(mean).toBeCloseTo(early[0]?.[i]?.[0] as number, 2);
  }
});

test("pictures to learn from lie where the page says, for one in a worker as for one on the page", async ({ sharedPage: page }) => {
  await open(page);
  const asked: string[] = [];
  await page.route("**/pictures.bin", (route) => {
    asked.push(new URL(route.request().url()).pathname);
    return route.fulfill({ status: 404 });
  });
  for (const id of ["here", "there"]) {
    await page.evaluate((name) => {
      const element = document.getElementById(name) as ConvCam;
      element.setAttribute("train", "learned/pictures.bin#pictures");
      element.src = "/models/mnist-blank.onnx";
    }, id);
    await expect(page.locator(`#${id} .train .part-trouble`)).toContainText("the server answered 404");
  }
  expect(asked).toEqual(["/tests/element/learned/pictures.bin", "/tests/element/learned/pictures.bin"]);
});
