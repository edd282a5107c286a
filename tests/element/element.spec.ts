// The element as an embedder uses it: attributes, properties, events, several on a page, and leaving it.
import { expect, type Page } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";
import { test, visit } from "./fixtures.ts";

async function openTwo(page: Page): Promise<void> {
  await visit(page, "two");
  await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 28;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "#fff";
    context.fillRect(12, 4, 3, 20);
    for (const id of ["first", "second"]) (document.getElementById(id) as ConvCam).input = canvas;
  });
  for (const id of ["first", "second"]) await expect(page.locator(`#${id} .bars li`)).toHaveCount(10);
}

test("several on a page know nothing of each other", async ({ sharedPage: page }) => {
  await openTwo(page);
  await expect(page.locator("#first .panel .name")).toHaveText(["conv_1"]);
  await expect(page.locator("#second .panel .name")).toHaveText(["pool_1", "dense_1"]);
  await expect(page.locator("#first .bars .top .label")).toHaveText("1");
  const [first, second] = await page.evaluate(() =>
    ["first", "second"].map((id) => {
      const { viewer } = document.getElementById(id) as ConvCam;
      const canvas = document.getElementById(id)?.shadowRoot?.querySelector("canvas");
      return canvas && viewer?.mosaicOn(canvas)?.layout;
    }),
  );
  expect(first).toMatchObject({ columns: 8, gap: 2, channels: 32 });
  expect(second).toMatchObject({ gap: 1, channels: 32 });
});

test("attributes change what is shown", async ({ sharedPage: page }) => {
  await openTwo(page);
  await page.evaluate(() => {
    const element = document.getElementById("first") as ConvCam;
    element.setAttribute("layers", "conv_2");
    element.setAttribute("columns", "4");
    return element.updateComplete;
  });
  await expect(page.locator("#first .panel .name")).toHaveText(["conv_2"]);
  const columns = await page.evaluate(() => {
    const element = document.getElementById("first") as ConvCam;
    const canvas = element.shadowRoot?.querySelector("canvas");
    return canvas && element.viewer?.mosaicOn(canvas)?.layout.columns;
  });
  expect(columns).toBe(4);
});

test("precision float16 keeps weights in half the memory, and the class", async ({ sharedPage: page }) => {
  await openTwo(page);
  const weightBytes = () => page.evaluate(() => (document.getElementById("first") as ConvCam).viewer?.model.memory.weightBytes ?? 0);
  const whole = await weightBytes();
  await page.evaluate(() => {
    const element = document.getElementById("first") as ConvCam;
    element.setAttribute("precision", "float16");
    return element.updateComplete;
  });
  expect((await weightBytes()) / whole).toBeLessThan(0.51);
  await expect(page.locator("#first .bars .top .label")).toHaveText("1");
});

test("wrong attributes are named, and right ones mend them", async ({ sharedPage: page }) => {
  await openTwo(page);
  const set = (name: string, value: string) =>
    page.evaluate(
      ([attribute, text]) => document.getElementById("first")?.setAttribute(attribute as string, text as string),
      [name, value],
    );
  await set("colormap", "rainbow");
  await expect(page.locator("#first .problem")).toContainText("colormap 'rainbow': expected auto, gray, viridis");
  await set("colormap", "magma");
  await expect(page.locator("#first .problem")).toHaveCount(0);
  await set("layers", "nothing");
  await expect(page.locator("#first .problem")).toContainText("no value 'nothing'");
  await set("layers", "pool_1");
  await expect(page.locator("#first .panel .name")).toHaveText(["pool_1"]);
  await set("precision", "int8");
  await expect(page.locator("#first .problem")).toContainText("precision 'int8': expected float32 or float16");
  await set("precision", "float32");
  await expect(page.locator("#first .panel .name")).toHaveText(["pool_1"]);
});

test("mosaics do without the bars where these cannot be loaded, and the page hears of it", async ({ warmPage: page }) => {
  await page.route("**/convcam-bars.js", (route) => route.abort());
  await visit(page, "two");
  await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d");
    (document.getElementById("first") as ConvCam).input = canvas;
  });
  await expect(page.locator("#first .problem")).toContainText("convcam-bars.js");
  await expect(page.locator("#first .panel .name")).toHaveText(["conv_1"]);
});

test("a scene that failed for want of a part leaves no answer of zeros behind", async ({ warmPage: page }) => {
  await page.goto("/tests/element/one.html");
  await page.route("**/convcam-on-demand*.js", (route) => route.abort());
  const read = (change: string) =>
    page.evaluate(async (what) => {
      const element = document.querySelector("conv-cam") as ConvCam;
      const told = (name: string) => new Promise<Event>((resolve) => element.addEventListener(name, resolve, { once: true }));
      if (what === "load") {
        const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
        canvas.getContext("2d")?.fillRect(0, 0, 28, 28);
        element.input = canvas;
        element.src = "/models/mnist-trained.onnx";
        await told("results");
        element.compare = "/models/mnist-early.onnx";
        return ((await told("error")) as CustomEvent<{ error: Error }>).detail.error.message;
      }
      // Browsers do not fetch again what a page could not import: without the second network the part is not needed.
      element.compare = undefined;
      element.setAttribute("normalize", "channel");
      const { outputs } = ((await told("results")) as CustomEvent<{ outputs: Float32Array[] }>).detail;
      return [...(outputs[0] as Float32Array)];
    }, change);
  expect(await read("load")).toContain("could not be loaded");
  await page.unroute("**/convcam-on-demand*.js");
  const scores = (await read("normalize")) as number[];
  expect(new Set(scores.map((score) => score.toFixed(4))).size).toBeGreaterThan(2);
});

test("gets the GPU ready while the network is on its way", async ({ page }) => {
  await page.addInitScript(() => {
    const compiled: string[] = [];
    Object.assign(window, { compiled });
    const compile = GPUDevice.prototype.createComputePipelineAsync;
    GPUDevice.prototype.createComputePipelineAsync = function (descriptor) {
      compiled.push(descriptor.label ?? "");
      return compile.call(this, descriptor);
    };
  });
  const compiled = () => page.evaluate(() => (window as unknown as { compiled: readonly string[] }).compiled);
  let send = () => {};
  const asked = new Promise<void>((resolve) => {
    send = resolve;
  });
  await page.route("**/*.onnx", async (route) => {
    await asked;
    await route.continue();
  });
  await visit(page, "two");
  // Both elements share one device, and so its pipelines.
  const ahead = { "image-to-tensor": 1, mosaic: 2, range: 1, "range-partials": 1, "convolution tap by tap, block 16×7": 1 };
  const counts = async () => {
    const labels = await compiled();
    return Object.fromEntries(Object.keys(ahead).map((label) => [label, labels.filter((other) => other === label).length]));
  };
  await expect.poll(counts).toEqual(ahead);
  send();
  for (const id of ["first", "second"]) await expect(page.locator(`#${id} .bars li`)).toHaveCount(10);
  // What was compiled ahead is not compiled again.
  expect(await counts()).toEqual(ahead);
});

test("tells results and probes by events", async ({ sharedPage: page }) => {
  await openTwo(page);
  const top = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const element = document.getElementById("first") as ConvCam;
        element.addEventListener("results", (event) => resolve((event as CustomEvent).detail.top[0].label));
        element.refresh();
      }),
  );
  expect(top).toBe("1");
});

test("two branches of one network share tiles", async ({ sharedPage: page }) => {
  await openTwo(page);
  await page.evaluate(() => document.getElementById("first")?.setAttribute("layers", "pool_1+pool_1,conv_1"));
  await expect(page.locator("#first .panel .name")).toHaveText(["pool_1 + pool_1", "conv_1"]);
});

test("returns every byte when it leaves the page, the device with the last, and starts anew when it comes back", async ({ page }) => {
  await openTwo(page);
  const bytes = await page.evaluate(async () => {
    const [first, second] = ["first", "second"].map((id) => document.getElementById(id) as ConvCam) as [ConvCam, ConvCam];
    const device = first.viewer?.device;
    const isShared = device !== undefined && second.viewer?.device === device;
    const settle = () => new Promise((resolve) => setTimeout(resolve));
    await Promise.all([first.viewer?.model.settled, second.viewer?.model.settled]);
    const both = device?.allocatedBytes ?? 0;
    first.remove();
    await settle();
    const one = device?.allocatedBytes ?? 0;
    const isKept = device?.isDisposed === false;
    second.remove();
    await settle();
    const none = device?.allocatedBytes;
    document.body.append(first);
    return { isShared, both, one, isKept, none, isDisposed: device?.isDisposed };
  });
  expect(bytes.both - bytes.one).toBeGreaterThan(900_000);
  expect(bytes.one).toBeGreaterThan(900_000);
  expect(bytes).toMatchObject({ isShared: true, isKept: true, none: 0, isDisposed: true });
  await expect(page.locator("#first .panel .name")).toHaveText(["conv_1"]);
  await expect(page.locator("#first .bars .top .label")).toHaveText("1");
});

test("changing the network returns the bytes of the one before", async ({ sharedPage: page }) => {
  await openTwo(page);
  const [before, after] = await page.evaluate(async () => {
    const element = document.getElementById("first") as ConvCam;
    const { device } = element.viewer ?? {};
    // Both share the device.
    await (document.getElementById("second") as ConvCam).viewer?.model.settled;
    await element.viewer?.model.settled;
    const bytesBefore = device?.allocatedBytes;
    const loaded = new Promise((resolve) => element.addEventListener("load", resolve, { once: true }));
    element.src = "/models/mnist-middle.onnx";
    await loaded;
    await element.updateComplete;
    await element.viewer?.model.settled;
    return [bytesBefore, device?.allocatedBytes];
  });
  expect(after).toBe(before);
});

test("two hundred frames leave the byte counter unchanged", async ({ sharedPage: page }) => {
  await openTwo(page);
  const [before, after] = await page.evaluate(async () => {
    const element = document.getElementById("first") as ConvCam;
    const { viewer } = element;
    if (!viewer) return [];
    // Both share the device whose bytes are counted.
    for (const { viewer: one } of document.querySelectorAll("conv-cam")) await one?.model.settled;
    const bytesBefore = viewer.device.allocatedBytes;
    for (let i = 0; i < 200; i++) {
      const done = viewer.frame({ image: element.picture, elapsedMs: 16 });
      if (i % 4 === 3) await done;
    }
    return [bytesBefore, viewer.device.allocatedBytes];
  });
  expect(before).toBeGreaterThan(0);
  expect(after).toBe(before);
});
