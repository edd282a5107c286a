// What a change of the scene costs, and what one bad part of it does to the others.
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import type { ConvCamEvents } from "../../src/ui/events.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { test, visit } from "./fixtures.ts";

/** Opens an element without a network. */
async function open(page: Page, attributes: Readonly<Record<string, string>> = {}): Promise<void> {
  // The server answers with a page of its own.
  await page.route("**/absent-*", (route) => route.fulfill({ status: 404 }));
  await visit(page, "one");
  await page.evaluate(async (given) => {
    await customElements.whenDefined("conv-cam");
    const element = document.querySelector("conv-cam") as ConvCam;
    for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
  }, attributes);
}

/** Gives it a canvas with a white stroke, as wide as high. */
function look(page: Page, side = 28): Promise<void> {
  return page.evaluate((size) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "#fff";
    context.fillRect(size * 0.43, size * 0.14, size * 0.11, size * 0.72);
    (document.querySelector("conv-cam") as ConvCam).input = canvas;
  }, side);
}

/** Gives it a network, and waits for its first frame. */
function load(page: Page, network: Graph | string): Promise<void> {
  const source = typeof network === "string" ? network : [...encodeModel(network)];
  return page.evaluate(async (given) => {
    const element = document.querySelector("conv-cam") as ConvCam;
    const drawn = new Promise((resolve) => element.addEventListener("frame", resolve, { once: true }));
    element.src = typeof given === "string" ? given : new Uint8Array(given);
    await drawn;
  }, source);
}

function set(page: Page, name: string, value: string): Promise<void> {
  return page.evaluate(
    async ([attribute, text]) => {
      const element = document.querySelector("conv-cam") as ConvCam;
      const drawn = new Promise((resolve) => element.addEventListener("frame", resolve, { once: true }));
      element.setAttribute(attribute as string, text as string);
      await element.updateComplete;
      await drawn;
    },
    [name, value],
  );
}

const mnist = "/models/mnist-trained.onnx";

test("changes of the scene load nothing again: no weight is uploaded, and no pipeline compiled that exists", async ({ page }) => {
  await page.addInitScript(() => {
    const work = { uploadedBytes: 0, pipelines: [] as string[], requests: 0 };
    Object.assign(window, { work });
    const count = (code: string, constants: unknown) => work.pipelines.push(JSON.stringify([code, constants]));
    const codes = new WeakMap<GPUShaderModule, string>();
    const { createShaderModule, createComputePipelineAsync, createComputePipeline, createBuffer } = GPUDevice.prototype;
    const { writeBuffer } = GPUQueue.prototype;
    Object.assign(GPUDevice.prototype, {
      createShaderModule(this: GPUDevice, descriptor: GPUShaderModuleDescriptor) {
        const module = createShaderModule.call(this, descriptor);
        codes.set(module, descriptor.code);
        return module;
      },
      createComputePipelineAsync(this: GPUDevice, descriptor: GPUComputePipelineDescriptor) {
        count(codes.get(descriptor.compute.module) ?? "", descriptor.compute.constants);
        return createComputePipelineAsync.call(this, descriptor);
      },
      createComputePipeline(this: GPUDevice, descriptor: GPUComputePipelineDescriptor) {
        count(codes.get(descriptor.compute.module) ?? "", descriptor.compute.constants);
        return createComputePipeline.call(this, descriptor);
      },
      createBuffer(this: GPUDevice, descriptor: GPUBufferDescriptor) {
        if (descriptor.mappedAtCreation) work.uploadedBytes += descriptor.size;
        return createBuffer.call(this, descriptor);
      },
    });
    const countWrite = function (this: GPUQueue, ...options: Parameters<GPUQueue["writeBuffer"]>) {
      work.uploadedBytes += options[4] ?? options[2].byteLength;
      Reflect.apply(writeBuffer, this, options);
    };
    Object.assign(GPUQueue.prototype, { writeBuffer: countWrite });
    const { fetch } = window;
    window.fetch = (...options) => {
      work.requests++;
      return fetch(...options);
    };
  });
  const work = () =>
    page.evaluate(() => {
      const { uploadedBytes, pipelines, requests } = (
        window as unknown as { work: { uploadedBytes: number; pipelines: string[]; requests: number } }
      ).work;
      return { uploadedBytes, pipelines: [...pipelines], requests };
    });
  await open(page, { layers: "input_layer,conv_1,dense_1" });
  await look(page);
  await load(page, mnist);
  await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).viewer?.model.settled);
  const weightBytes = await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).viewer?.model.memory.weightBytes ?? 0);
  expect(weightBytes).toBeGreaterThan(800_000);
  const before = await work();
  expect(before.uploadedBytes).toBeGreaterThan(weightBytes);
  for (const [name, value] of [
    ["layers", "conv_1,pool_2"],
    ["layers", "conv_1,conv_2,pool_2"],
    ["normalize", "channel"],
    ["normalize", "0..2"],
    ["colormap", "gray"],
    ["columns", "4"],
    ["mean", "0.5"],
    ["std", "0.25"],
    ["scale", "0.01"],
    ["fit", "contain"],
    ["resize", "bilinear"],
  ] as const)
    await set(page, name, value);
  await page.evaluate(() => {
    document.querySelector("conv-cam")?.addEventListener("results", () => document.body.setAttribute("data-answered", ""), { once: true });
  });
  await look(page, 60);
  await expect(page.locator("body[data-answered]")).toHaveCount(1);
  const after = await work();
  // Uniforms, palettes and ranges.
  expect(after.uploadedBytes - before.uploadedBytes).toBeLessThan(weightBytes / 4);
  expect(new Set(after.pipelines).size).toBe(after.pipelines.length);
  expect(after.requests).toBe(before.requests);
  const state = await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state);
  expect(state).toEqual({
    src: mnist,
    layers: "conv_1,conv_2,pool_2",
    range: "0..2",
    colors: "gray",
    columns: "4",
    preparation: { mean: [0.5], std: [0.25], scale: 0.01, fit: "contain", resize: "bilinear" },
  });
  await page.evaluate(() => {
    const element = document.querySelector("conv-cam") as ConvCam;
    element.state = { ...JSON.parse(JSON.stringify(element.state)), colors: "magma", preparation: undefined };
  });
  expect(await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).outerHTML)).toMatch(/colormap="magma"/);
  expect(await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state.preparation)).toBeUndefined();
});

/** A sub-pixel convolution's way through rank 6, and the same as rows that no texture holds. */
const strange = graphOf({
  inputs: { x: [1, 1, 100, 100] },
  constants: {
    w: noise([9, 1, 1, 1]),
    into: Tensor.int64([6], [1, 1, 3, 3, 100, 100]),
    back: Tensor.int64([4], [1, 1, 300, 300]),
    rows: Tensor.int64([4], [1, 1, 30_000, 3]),
  },
  nodes: [
    op("Conv", "x w", "nine"),
    op("Reshape", "nine into", "six"),
    op("Transpose", "six", "turned", { perm: [0, 1, 4, 2, 5, 3] }),
    op("Reshape", "turned back", "y"),
    op("Reshape", "turned rows", "tall"),
  ],
});

test("blocks of rows and columns are a picture; a value that no texture holds is drawn smaller and says so, and the others are drawn as ever", async ({
  sharedPage: page,
}) => {
  const problems: string[] = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
  await open(page, { layers: "nine,turned,y,tall" });
  await look(page, 100);
  await load(page, strange);
  await expect(page.locator(".panel .reduced").nth(3)).toContainText("30,000 × 3, drawn smaller");
  await expect(page.locator(".panel .high").nth(0)).not.toBeEmpty();
  await expect(page.locator(".panel .high").nth(1)).not.toBeEmpty();
  await expect(page.locator(".panel .high").nth(2)).not.toBeEmpty();
  await expect(page.locator(".panel .high").nth(3)).not.toBeEmpty();
  const [turned, y, tall] = await page
    .locator(".panel canvas")
    .evaluateAll(([, ...canvases]) => (canvases as HTMLCanvasElement[]).map(({ width, height }) => ({ width, height })));
  expect(turned).toEqual(y);
  const room = await page.evaluate(() => 0.6 * innerHeight * devicePixelRatio);
  expect(tall?.height).toBeLessThanOrEqual(room);
  expect(tall?.width).toBeGreaterThanOrEqual(16);
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  expect(problems.filter((text) => /invalid|exceeds|validation/i.test(text))).toEqual([]);
});

test("a view that cannot be drawn says why in its own place", async ({ warmPage: page }) => {
  // As where a browser has no more contexts to give.
  await page.addInitScript(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    Object.assign(HTMLCanvasElement.prototype, {
      getContext(this: HTMLCanvasElement, ...options: [string]) {
        return this.ariaLabel?.startsWith("first") ? null : Reflect.apply(getContext, this, options);
      },
    });
  });
  await open(page, { layers: "first,second" });
  await look(page, 8);
  await load(page, graphOf({ inputs: { x: [1, 1, 8, 8] }, nodes: [op("Relu", "x", "first"), op("Sqrt", "first", "second")] }));
  await expect(page.locator(".panel .trouble").nth(0)).toContainText("no canvas that WebGPU can draw on");
  await expect(page.locator(".panel .trouble").nth(1)).toBeEmpty();
  await expect(page.locator(".panel .high").nth(1)).toHaveText("1");
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
});

test("an answer goes with its picture and its network", async ({ sharedPage: page }) => {
  await open(page, { labels: "/models/labels/mnist.txt", layers: "conv_1" });
  await look(page);
  await load(page, mnist);
  await expect(page.locator(".bars .top .label")).toHaveText("1");
  const resets = () => page.evaluate(() => Number(document.body.dataset["resets"] ?? 0));
  await page.evaluate(() => {
    document.querySelector("conv-cam")?.addEventListener("reset", () => {
      document.body.dataset["resets"] = String(Number(document.body.dataset["resets"] ?? 0) + 1);
    });
    (document.querySelector("conv-cam") as ConvCam).input = "/absent-picture.png";
  });
  await expect(page.locator("conv-cam .problem")).toContainText("404");
  await expect(page.locator(".bars")).toBeHidden();
  expect(await resets()).toBe(1);
  // Drawn again, the old picture still lies in the network's input.
  await set(page, "colormap", "magma");
  await expect(page.locator(".bars")).toBeHidden();
  await look(page);
  await expect(page.locator(".bars .top .label")).toHaveText("1");
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  // A network without classes.
  await page.evaluate(() => document.querySelector("conv-cam")?.removeAttribute("layers"));
  await load(page, graphOf({ inputs: { x: [1, 1, 28, 28] }, nodes: [op("Relu", "x", "y")] }));
  await expect(page.locator(".bars")).toBeHidden();
});

test("a problem stays until what caused it changes", async ({ sharedPage: page }) => {
  await open(page, { labels: "/absent-labels.txt", input: "/absent-picture.png", layers: "conv_1" });
  await expect(page.locator("conv-cam .problem")).toHaveCount(2);
  await load(page, mnist);
  await expect(page.locator(".panel")).toHaveCount(1);
  await expect(page.locator("conv-cam .problem").filter({ hasText: "absent-labels" })).toHaveCount(1);
  await expect(page.locator("conv-cam .problem").filter({ hasText: "absent-picture" })).toHaveCount(1);
  await look(page);
  await expect(page.locator("conv-cam .problem")).toHaveCount(1);
  await page.evaluate(() => document.querySelector("conv-cam")?.setAttribute("labels", "/models/labels/mnist.txt"));
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
});

test("of attribute and property, the one set last holds, also where the attribute's text is as before", async ({ sharedPage: page }) => {
  await visit(page, "one");
  const held = await page.evaluate(async () => {
    await customElements.whenDefined("conv-cam");
    return (["src", "compare", "input", "labels", "parameters"] as const).map((name) => {
      const element = document.createElement("conv-cam") as ConvCam;
      const states: unknown[] = [];
      const set = (act: () => void) => {
        act();
        states.push(element.state[name]);
      };
      set(() => element.setAttribute(name, "/a"));
      set(() => Object.assign(element, { [name]: "/b" }));
      set(() => element.setAttribute(name, "/a"));
      set(() => {
        element.state = { [name]: "/c" };
      });
      set(() => element.setAttribute(name, "/a"));
      return states;
    });
  });
  expect(held).toEqual(held.map(() => ["/a", "/b", "/a", "/c", "/a"]));
  const refusals = await page.evaluate(() => {
    const element = document.createElement("conv-cam") as ConvCam;
    return [{ state: null }, { state: 5 }, { gates: "x" }, { gates: null }, { gates: [null] }].map((given) => {
      try {
        Object.assign(element, given);
        return "taken";
      } catch (error) {
        return (error as Error).message;
      }
    });
  });
  for (const refusal of refusals) expect(refusal).toMatch(/^(state|gates): expected /);
});

for (const place of ["page", "worker"])
  test(`a network that another one takes the place of while it loads is not told of, its engine on the ${place}`, async ({
    sharedPage: page,
  }) => {
    await open(page, place === "worker" ? { worker: "" } : {});
    // No picture: a note would say that it computes from zeros.
    const first = graphOf({ inputs: { x: [1, 7] }, nodes: [op("Neg", "x", "superseded")] });
    const strange = graphOf({ inputs: { x: [1, 7] }, nodes: [op("StringNormalizer", "x", "y")] });
    const told = await page.evaluate(
      async ([early, late]) => {
        const element = document.querySelector("conv-cam") as ConvCam;
        const events: string[] = [];
        element.addEventListener("load", () => events.push("load"));
        element.addEventListener("error", (event) => {
          const { part } = (event as unknown as CustomEvent<ConvCamEvents["error"]>).detail;
          events.push(`error of ${part}`);
        });
        const refused = new Promise((resolve) => element.addEventListener("error", resolve, { once: true }));
        element.addEventListener(
          "progress",
          () => {
            element.src = new Uint8Array(late as number[]);
          },
          { once: true },
        );
        element.src = new Uint8Array(early as number[]);
        await refused;
        await element.updateComplete;
        return events;
      },
      [[...encodeModel(first)], [...encodeModel(strange)]],
    );
    expect(told).toEqual(["error of network"]);
    await expect(page.locator("conv-cam .problem")).toContainText("StringNormalizer");
    await expect(page.locator("conv-cam .note")).toHaveCount(0);
  });

test("labels and bars show at once", async ({ sharedPage: page }) => {
  await open(page, { layers: "conv_1" });
  await look(page);
  await load(page, mnist);
  await expect(page.locator(".bars .top .label")).toHaveText("class 1");
  await page.evaluate(() => {
    (document.querySelector("conv-cam") as ConvCam).labels = Array.from({ length: 10 }, (_, i) => `digit ${i}`);
  });
  await expect(page.locator(".bars .top .label")).toHaveText("digit 1");
  await page.evaluate(() => document.querySelector("conv-cam")?.setAttribute("bars", "none"));
  await expect(page.locator(".bars")).toBeHidden();
  await page.evaluate(() => document.querySelector("conv-cam")?.removeAttribute("bars"));
  await expect(page.locator(".bars .top .label")).toHaveText("digit 1");
});

test("classes have the names that were given last, as a list, by address or with a state, and none where those cannot be read", async ({
  sharedPage: page,
}) => {
  const top = page.locator(".bars .top .label");
  await open(page, { labels: "/models/labels/mnist.txt", layers: "conv_1" });
  await look(page);
  await load(page, mnist);
  await expect(top).toHaveText("1");
  const label = (names: string | readonly string[] | undefined) =>
    page.evaluate((given) => {
      (document.querySelector("conv-cam") as ConvCam).labels = given;
    }, names);
  const state = () => page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state.labels);
  const digits = Array.from({ length: 10 }, (_, i) => `digit ${i}`);

  const before = await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state);
  expect(before.labels).toBe("/models/labels/mnist.txt");
  await label(digits);
  await expect(top).toHaveText("digit 1");
  expect(await state()).toEqual(digits);
  await page.evaluate((given) => {
    (document.querySelector("conv-cam") as ConvCam).state = given;
  }, before);
  await expect(top).toHaveText("1");

  // A list overtakes an address that is still being read.
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/slow-labels.txt", async (route) => {
    await held;
    await route.fulfill({ body: digits.join("\n") });
  });
  await label("/slow-labels.txt");
  await expect(top).toHaveText("class 1");
  await label(["nought", "one"]);
  await expect(top).toHaveText("one");
  release();
  await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).updateComplete);
  await expect(top).toHaveText("one");

  await label("/absent-labels.txt");
  await expect(page.locator("conv-cam .problem")).toContainText("404");
  await expect(top).toHaveText("class 1");
  await page.evaluate(() => document.querySelector("conv-cam")?.removeAttribute("labels"));
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await expect(top).toHaveText("class 1");
  expect(await state()).toBeUndefined();
});

test("reads class scores where they lie, inside the border that another reader wants", async ({ sharedPage: page }) => {
  // The scores are maps of one element for a padded convolution, too.
  const graph = graphOf({
    inputs: { x: [1, 1, 28, 28] },
    constants: { w: Tensor.float32([3, 1, 1, 1], Float32Array.of(0.5, 3, 1)), v: noise([2, 3, 3, 3]) },
    nodes: [op("Conv", "x w", "maps"), op("GlobalAveragePool", "maps", "scores"), op("Conv", "scores v", "more", { pads: [1, 1, 1, 1] })],
    outputs: ["scores", "more"],
  });
  await open(page, { layers: "maps" });
  await look(page);
  const outputs = page.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        const element = document.querySelector("conv-cam") as ConvCam;
        element.addEventListener("results", (event) =>
          resolve([...((event as CustomEvent<ConvCamEvents["results"]>).detail.outputs[0] ?? [])]),
        );
      }),
  );
  await load(page, graph);
  const [first = 0, second = 0, third = 0] = await outputs;
  expect(first).toBeGreaterThan(0);
  expect(second / first).toBeCloseTo(6, 3);
  expect(third / first).toBeCloseTo(2, 3);
});

test("a network with random weights is said not to be trained", async ({ sharedPage: page }) => {
  await open(page, { layers: "conv_1" });
  await look(page);
  const isTrained = page.evaluate(
    () =>
      new Promise<boolean>((resolve) => {
        document
          .querySelector("conv-cam")
          ?.addEventListener("results", (event) => resolve((event as CustomEvent<ConvCamEvents["results"]>).detail.isTrained));
      }),
  );
  await load(page, "/models/mnist-blank.onnx");
  expect(await isTrained).toBe(false);
  await expect(page.locator(".bars li")).toHaveCount(10);
  await expect(page.locator(".bars .top")).toHaveCount(0);
  await expect(page.locator(".bars")).toHaveAttribute("aria-label", /not trained/);
});

test("shows the input as a picture, as the network gets it, and its channels on request", async ({ sharedPage: page }) => {
  const graph = graphOf({ inputs: { x: [1, 3, 4, 4] }, nodes: [op("Relu", "x", "y")] });
  await open(page, { layers: "x", mean: "0.485,0.456,0.406", std: "0.229,0.224,0.225", channels: "bgr" });
  await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 4;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "#c86432";
    context.fillRect(0, 0, 4, 4);
    (document.querySelector("conv-cam") as ConvCam).input = canvas;
  });
  await load(page, graph);
  const pixel = () =>
    page.evaluate(() => {
      const element = document.querySelector("conv-cam") as ConvCam;
      const canvas = element.shadowRoot?.querySelector("canvas") as HTMLCanvasElement;
      const copy = document.createElement("canvas");
      const context = copy.getContext("2d") as CanvasRenderingContext2D;
      void element.viewer?.frame({ runs: false });
      context.drawImage(canvas, 0, 0);
      return [...context.getImageData(2, 2, 1, 1).data];
    });
  const [red = 0, green = 0, blue = 0] = await pixel();
  expect(Math.abs(red - 0xc8)).toBeLessThanOrEqual(1);
  expect(Math.abs(green - 0x64)).toBeLessThanOrEqual(1);
  expect(Math.abs(blue - 0x32)).toBeLessThanOrEqual(1);
  await page.locator(".panel canvas").hover({ position: { x: 5, y: 5 } });
  await expect(page.locator(".readout")).toHaveText(/^y 0 · x 0 · \S+ \| \S+ \| \S+$/);
  await set(page, "layers", "x@nchw");
  const channels = await page.evaluate(() => {
    const element = document.querySelector("conv-cam") as ConvCam;
    const canvas = element.shadowRoot?.querySelector("canvas");
    return canvas && element.viewer?.mosaicOn(canvas)?.layout.channels;
  });
  expect(channels).toBe(3);
});

test("a picture beyond what a texture holds is shrunk first", async ({ sharedPage: page }) => {
  await open(page, { layers: "conv_1", labels: "/models/labels/mnist.txt" });
  await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 9000;
    canvas.height = 60;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, 9000, 60);
    (document.querySelector("conv-cam") as ConvCam).input = canvas;
  });
  await load(page, mnist);
  const most = await page.evaluate(async () => {
    const value = await (document.querySelector("conv-cam") as ConvCam).viewer?.model.read("input_layer");
    return Math.min(...(value?.toNumbers() ?? []));
  });
  expect(most).toBeCloseTo(1, 2);
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
});

for (const place of ["page", "worker"])
  test(`answers questions about values, its engine on the ${place}`, async ({ sharedPage: page }) => {
    await open(page, { layers: "x,y", ...(place === "worker" && { worker: "" }) });
    await look(page, 8);
    const weight = Tensor.float32([3, 1, 1, 1], Float32Array.of(1, -2, 0));
    await load(page, graphOf({ inputs: { x: [1, 1, 8, 8] }, constants: { w: weight }, nodes: [op("Conv", "x w", "y")] }));
    const statistics = await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).ask({ kind: "statistics", value: "y" }));
    expect(statistics).toHaveLength(3);
    const [first, second, third] = statistics;
    expect(first?.high).toBeGreaterThan(0.5);
    expect(second?.low).toBeCloseTo(-2 * (first?.high ?? 0), 4);
    expect(second?.mean).toBeCloseTo(-2 * (first?.mean ?? 0), 4);
    expect(second?.deviation).toBeCloseTo(2 * (first?.deviation ?? 0), 4);
    expect(third).toMatchObject({ low: 0, high: 0, mean: 0, deviation: 0, zeroShare: 1, nanCount: 0, infinityCount: 0 });
    expect(first?.zeroShare).toBeGreaterThan(0.4);
    const probe = (kind: "probe" | "element", value: string, points: unknown) =>
      page.evaluate(
        ([which, name, given]) => {
          const places = which === "probe" ? { points: given } : { point: (given as unknown[])[0] };
          const query = { kind: which, value: name, ...places } as unknown as Parameters<ConvCam["ask"]>[0];
          return (document.querySelector("conv-cam") as ConvCam).ask(query).then(
            (answer) => (Array.isArray(answer) ? answer.length : typeof answer),
            (error: Error) => error.message,
          );
        },
        [kind, value, points] as const,
      );
    expect(await probe("probe", "y", [{ channel: 2, y: 7, x: 7 }])).toBe(1);
    // A place that there is not is refused, and asked of no buffer: of another row or channel it would be another element, or none.
    for (const [channel, y, x] of [
      [3, 0, 0],
      [-1, 0, 0],
      [0, 8, 0],
      [0, -1, 0],
      [0, 0, 8],
      [0, 0, -1],
    ] as const)
      for (const kind of ["probe", "element"] as const)
        expect(await probe(kind, "y", [{ channel, y, x }])).toBe(
          `'y' has no channel ${channel}, y ${y}, x ${x}: it has 3 channels of 8 × 8, counted from 0.`,
        );
    for (const points of [5, [null], [{ channel: 0, y: 0.5, x: 0 }]]) expect(await probe("probe", "y", points)).toContain("whole numbers");
    expect(await probe("element", "y", [null])).toContain("whole numbers");
    await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  });

test("gates change what passes, what is shown and what is answered, and go with the state", async ({ sharedPage: page }) => {
  await open(page, { layers: "maps" });
  await look(page, 8);
  const weight = Tensor.float32([3, 1, 1, 1], Float32Array.of(1, 5, 2));
  const graph = graphOf({
    inputs: { x: [1, 1, 8, 8] },
    constants: { w: weight },
    nodes: [op("Conv", "x w", "maps"), op("GlobalAveragePool", "maps", "scores")],
  });
  await load(page, graph);
  await expect(page.locator(".bars .top .label")).toHaveText("class 1");
  await expect(page.locator(".panel .high")).toHaveText("5");
  await page.evaluate(() => {
    (document.querySelector("conv-cam") as ConvCam).gates = [{ value: "maps", channel: 1, scale: 0 }];
  });
  await expect(page.locator(".bars .top .label")).toHaveText("class 2");
  await expect(page.locator(".panel .high")).toHaveText("2");
  const state = await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state);
  expect(state.gates).toEqual([{ value: "maps", channel: 1, scale: 0 }]);
  await page.evaluate(() => {
    (document.querySelector("conv-cam") as ConvCam).gates = [{ value: "maps", channel: 77, scale: 0 }];
  });
  await expect(page.locator("conv-cam .problem")).toContainText("77");
  await page.evaluate(() => {
    (document.querySelector("conv-cam") as ConvCam).gates = [{ value: "conv_99", scale: 0 }];
  });
  await expect(page.locator("conv-cam .problem")).toContainText("conv_99");
  await page.evaluate(() => {
    (document.querySelector("conv-cam") as ConvCam).gates = [{ value: "maps", channel: 2, scale: 0.5 }];
  });
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await page.evaluate(() => {
    (document.querySelector("conv-cam") as ConvCam).gates = [];
  });
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await expect(page.locator(".bars .top .label")).toHaveText("class 1");
  await expect(page.locator(".panel .high")).toHaveText("5");
});

test("a network to compare with that cannot be read is told, and the first is shown without it", async ({ sharedPage: page }) => {
  await open(page, { src: "/models/mnist-trained.onnx", layers: "conv_1", compare: "/absent-network.onnx" });
  await look(page);
  await expect(page.getByRole("alert")).toContainText("compare:");
  await expect(page.getByRole("alert")).toContainText("absent-network.onnx");
  await expect(page.locator(".panel canvas")).toBeVisible();
  await expect(page.locator(".bars")).toBeVisible();
  await set(page, "layers", "conv_1,conv_2");
  await expect(page.locator(".panel")).toHaveCount(2);
  await expect(page.getByRole("alert")).toContainText("compare:");
  await set(page, "compare", "/models/mnist-early.onnx");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("another network to compare with is all that is read, and labels that are a web page are said to be one", async ({
  sharedPage: page,
}) => {
  const loads: string[] = [];
  page.on("request", (request) => request.url().endsWith(".onnx") && loads.push(new URL(request.url()).pathname));
  await open(page, { layers: "conv_1" });
  await look(page);
  await load(page, mnist);
  await set(page, "compare", "/models/mnist-early.onnx");
  await set(page, "compare", "/models/mnist-blank.onnx");
  expect(loads).toEqual([mnist, "/models/mnist-early.onnx", "/models/mnist-blank.onnx"]);
  // A second network without the layers shown leaves them to the first, and is said to have none.
  const graph = graphOf({ inputs: { x: [1, 1, 28, 28] }, constants: { w: noise([32, 1, 5, 5]) }, nodes: [op("Conv", "x w", "conv_1")] });
  await expect.poll(() => page.locator(".panel .ramp").evaluate((element) => element.style.background)).toContain("no-repeat");
  for (const [network, says] of [
    [
      { ...graph, outputs: ["y"], nodes: [op("Conv", "x w", "y")] },
      "the second network has no 'conv_1'. These layers are of the first alone.",
    ],
    [graph, "the second network has 'conv_1' as 1 × 32 × 24 × 24 instead of 1 × 32 × 26 × 26."],
  ] as const) {
    await page.evaluate(
      (bytes) => {
        (document.querySelector("conv-cam") as ConvCam).compare = new Uint8Array(bytes);
      },
      [...encodeModel(network)],
    );
    await expect(page.locator("conv-cam .problem")).toContainText(says);
    await expect(page.locator(".panel .high")).toHaveText(/\d/);
    // The legend is that of the colours drawn: one ramp, not one above the other.
    const ramp = page.locator(".panel .ramp");
    await expect.poll(() => ramp.evaluate((element) => element.style.background)).not.toContain("no-repeat");
  }
  await page.evaluate(() => document.querySelector("conv-cam")?.setAttribute("labels", "/tests/element/one.html"));
  await expect(page.locator("conv-cam .problem[data-stage=labels]")).toContainText("answered with a web page");
});

test("legends count what is not finite, and an outlier does not blacken the rest", async ({ sharedPage: page }) => {
  await open(page, { layers: "maps" });
  await look(page, 20);
  const bias = Tensor.float32(
    [1, 4, 20, 20],
    Float32Array.from({ length: 1600 }, (_, i) => 1 + (i % 100) / 100),
  );
  const odd = bias.toNumbers().map((x, i) => (i % 400 === 5 ? Number.NaN : i === 700 ? -Infinity : i === 900 ? 1e7 : x));
  const constants = { w: Tensor.float32([4, 1, 1, 1], new Float32Array(4)), b: Tensor.float32([1, 4, 20, 20], Float32Array.from(odd)) };
  const nodes = [op("Conv", "x w", "zeros"), op("Add", "zeros b", "maps")];
  await load(page, graphOf({ inputs: { x: [1, 1, 20, 20] }, constants, nodes }));
  await expect(page.locator(".panel .non-finite")).toHaveText("4 NaN, 1 infinite");
  await expect(page.locator(".panel .scope")).toHaveText("robust");
  await expect.poll(async () => Number(await page.locator(".panel .high").textContent())).toBeCloseTo(1.98, 1);
  await set(page, "normalize", "layer");
  await expect(page.locator(".panel .scope")).toHaveText("layer");
  await expect(page.locator(".panel .high")).not.toHaveText(/^1\.9/);
  await set(page, "normalize", "0..6");
  await expect(page.locator(".panel .scope")).toHaveText("fixed");
  await expect(page.locator(".panel .high")).toHaveText("6");
  await expect(page.locator(".panel .non-finite")).toHaveText("4 NaN, 1 infinite");
});

for (const place of ["page", "worker"])
  test(`weights of a seed and of another checkpoint, its engine on the ${place}`, async ({ sharedPage: page }) => {
    await open(page, { layers: "conv_1", ...(place === "worker" && { worker: "" }) });
    await page.evaluate(() => {
      const element = document.querySelector("conv-cam") as ConvCam;
      const told: boolean[] = [];
      Object.assign(window, { told });
      element.addEventListener("results", (event) => told.push((event as CustomEvent<ConvCamEvents["results"]>).detail.isTrained));
    });
    const loads: string[] = [];
    page.on("request", (request) => request.url().endsWith(".onnx") && loads.push(new URL(request.url()).pathname));
    await look(page);
    await load(page, mnist);
    const conv = () =>
      page.evaluate(async () => {
        const element = document.querySelector("conv-cam") as ConvCam;
        await element.updateComplete;
        const channels = await element.ask({ kind: "statistics", value: "conv_1" });
        return channels.map(({ mean }) => mean);
      });
    // An answer of the weights before, which was under way, may still be told until the new ones are shown: the last one counts.
    const lastTold = () => page.evaluate(() => (window as unknown as { told: boolean[] }).told.at(-1));
    const change = async (values: { blank?: number | undefined; parameters?: string | undefined }, isTrained: boolean) => {
      const state = await page.evaluate(async (given) => {
        const element = document.querySelector("conv-cam") as ConvCam;
        if ("blank" in given) element.blank = given.blank ?? undefined;
        if ("parameters" in given) element.parameters = given.parameters ?? undefined;
        await element.updateComplete;
        return element.state;
      }, values);
      await expect.poll(lastTold).toBe(isTrained);
      return state;
    };
    const trained = await conv();
    expect((await change({ blank: 7 }, false)).blank).toBe(7);
    const blank = await conv();
    expect(blank).not.toEqual(trained);
    await change({ blank: undefined }, true);
    expect(await conv()).toEqual(trained);
    expect((await change({ parameters: "/models/mnist-early.onnx" }, true)).parameters).toBe("/models/mnist-early.onnx");
    // What is told is of the picture that is shown: the next frame has the new weights, as nothing else tells here that both have learned.
    await expect.poll(conv).not.toEqual(trained);
    // A checkpoint before training is told as one.
    await change({ parameters: "/models/mnist-blank.onnx" }, false);
    expect(loads).toEqual([mnist, "/models/mnist-early.onnx", "/models/mnist-blank.onnx"]);
    await page.evaluate(() => {
      (document.querySelector("conv-cam") as ConvCam).parameters = "/absent-checkpoint.onnx";
    });
    await expect(page.locator("conv-cam .problem")).toContainText("404");
    // The weights are those of the file before, and so is the state.
    const kept = await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state);
    expect(kept.parameters).toBe("/models/mnist-blank.onnx");
    const answered = await page.evaluate(async (state) => {
      const element = document.querySelector("conv-cam") as ConvCam;
      element.state = state;
      await element.updateComplete;
      return element.parameters;
    }, kept);
    expect(answered).toBe("/models/mnist-blank.onnx");
    await expect(page.locator("conv-cam .problem")).toHaveCount(0);
    // Those of a seed do not stay where the seed goes and a file that is refused comes: nothing would say that they are random.
    await change({ blank: 7 }, false);
    const own = await change({ blank: undefined, parameters: "/absent-checkpoint.onnx" }, true);
    expect([own.blank, own.parameters]).toEqual([undefined, undefined]);
    await expect(page.locator("conv-cam .problem")).toContainText("The weights are the network's own: ");
    expect(await conv()).toEqual(trained);
  });

test("changes of layers, looks and sizes leave the GPU's bytes as they were", async ({ sharedPage: page }) => {
  await open(page, { layers: "conv_1" });
  await look(page);
  await load(page, mnist);
  const bytes = await page.evaluate(async () => {
    const element = document.querySelector("conv-cam") as ConvCam;
    await element.viewer?.model.settled;
    const measure = async (name: string, value: string) => {
      const drawn = new Promise((resolve) => element.addEventListener("frame", resolve, { once: true }));
      element.setAttribute(name, value);
      await element.updateComplete;
      await drawn;
      // Statistics that nobody reads go back a moment later.
      await new Promise((resolve) => setTimeout(resolve));
      return element.viewer?.device.allocatedBytes;
    };
    const round = async () => [
      await measure("layers", "conv_2,pool_1"),
      await measure("normalize", "chollet"),
      await measure("normalize", "0..1"),
      await measure("columns", "3"),
      await measure("columns", "5"),
      await measure("normalize", "layer"),
      await measure("layers", "conv_1"),
    ];
    const rounds = [];
    for (let i = 0; i < 6; i++) rounds.push(await round());
    return rounds;
  });
  // The first round compiles and plans what later ones find.
  for (const round of bytes.slice(2)) expect(round).toEqual(bytes[1]);
});

test("an element that is removed and put back at once tells nobody of what that overtook", async ({ page }) => {
  await open(page, { layers: "conv_1", labels: "/models/labels/mnist.txt" });
  await look(page);
  await page.evaluate(async (src) => {
    const element = document.querySelector("conv-cam") as ConvCam;
    const { dataset } = document.body;
    element.addEventListener("error", (event) => {
      dataset["error"] = (event as unknown as CustomEvent<ConvCamEvents["error"]>).detail.error.message;
    });
    element.src = src;
    for (let i = 0; i < 12; i++) {
      // At every point of loading: after the file, after the device, while it compiles.
      await new Promise((resolve) => setTimeout(resolve, i * 15));
      element.remove();
      await Promise.resolve();
      await Promise.resolve();
      document.body.append(element);
    }
  }, mnist);
  await expect(page.locator(".bars .top .label")).toHaveText("1");
  expect(await page.evaluate(() => document.body.dataset["error"])).toBeUndefined();
});

for (const place of ["page", "worker"])
  test(`works under default-src 'self', its engine on the ${place}`, async ({ warmPage: page }) => {
    const html = await readFile(new URL("csp.html", import.meta.url), "utf8");
    const body = await page.screenshot({ clip: { x: 0, y: 0, width: 8, height: 8 } });
    await page.route("**/picture.png", (route) => route.fulfill({ contentType: "image/png", body }));
    await page.route("**/csp.html", (route) =>
      route.fulfill({
        contentType: "text/html",
        headers: { "content-security-policy": "default-src 'self'" },
        body: html,
      }),
    );
    const refused: string[] = [];
    page.on("console", (message) => /Content.Security.Policy|violates/i.test(message.text()) && refused.push(message.text()));
    await page.goto("/tests/element/csp.html");
    await page.evaluate(
      async ([src, name]) => {
        await customElements.whenDefined("conv-cam");
        const element = document.querySelector("conv-cam") as ConvCam;
        element.toggleAttribute("worker", name === "worker");
        element.setAttribute("src", src as string);
      },
      [mnist, place],
    );
    await expect(page.locator(".bars li")).toHaveCount(10);
    expect(page.workers()).toHaveLength(place === "worker" ? 1 : 0);
    expect(await page.locator(".panel").evaluate((panel) => getComputedStyle(panel).borderRadius)).toBe("12px");
    expect(await page.locator(".bars").evaluate((bars) => getComputedStyle(bars).display)).toBe("grid");
    // Parts of the engine that load on demand, too.
    await page.locator("conv-cam").evaluate((element) => element.setAttribute("explain", "grad-cam"));
    await expect(page.locator(".why-detail")).toContainText("Grad-CAM");
    expect(refused).toEqual([]);
  });

test("elements in workers share one", async ({ warmPage: page }) => {
  await visit(page, "two");
  await page.evaluate(() => {
    for (const element of document.querySelectorAll("conv-cam")) element.setAttribute("worker", "");
  });
  for (const id of ["first", "second"]) await expect(page.locator(`#${id} .panel .high`).first()).not.toBeEmpty();
  expect(page.workers()).toHaveLength(1);
  await page.evaluate(() => document.getElementById("first")?.remove());
  await page.evaluate(() => document.getElementById("second")?.setAttribute("layers", "conv_1"));
  await expect(page.locator("#second .panel .name")).toHaveText(["conv_1"]);
  expect(page.workers()).toHaveLength(1);
  await page.evaluate(() => document.getElementById("second")?.remove());
  await expect.poll(() => page.workers().length).toBe(0);
});

test("a page that gates or changes weights through the viewer sees it at once, also in a picture that does not move", async ({
  sharedPage: page,
}) => {
  await open(page, { layers: "conv_1" });
  await look(page);
  await load(page, mnist);
  /** The means of conv_1, once a frame has been drawn after the change. */
  const after = (change: (element: ConvCam) => unknown) =>
    page.evaluate(async (source) => {
      const element = document.querySelector("conv-cam") as ConvCam;
      const before = (await element.ask({ kind: "statistics", value: "conv_1" })).map(({ mean }) => mean);
      await (new Function("element", `return (${source})(element)`) as (one: ConvCam) => unknown)(element);
      for (;;) {
        await new Promise((resolve) => element.addEventListener("frame", resolve, { once: true }));
        const means = (await element.ask({ kind: "statistics", value: "conv_1" })).map(({ mean }) => mean);
        if (String(means) !== String(before)) return means;
      }
    }, `${change}`);
  const plain = await page.evaluate(async () =>
    (await (document.querySelector("conv-cam") as ConvCam).ask({ kind: "statistics", value: "conv_1" })).map(({ mean }) => mean),
  );
  // The first gate has the network planned anew, the second does not.
  const gated = await after((element) => element.viewer?.model.gate("conv_1", { channel: 3, scale: 0 }));
  expect(gated).toEqual(plain.map((mean, i) => (i === 3 ? 0 : mean)));
  const more = await after((element) => element.viewer?.model.gate("conv_1", { channel: 4, scale: 0 }));
  expect(more).toEqual(plain.map((mean, i) => (i === 3 || i === 4 ? 0 : mean)));
  expect(await after((element) => element.viewer?.model.ungate())).toEqual(plain);
  expect(await after((element) => element.viewer?.model.reinitialize(7))).not.toEqual(plain);
  expect(await after((element) => element.viewer?.model.restore())).toEqual(plain);
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, viewport: { width: 360, height: 700 } });

  test("a tap reads a value, and it stays", async ({ page }) => {
    await open(page, { layers: "conv_1" });
    await look(page);
    await load(page, mnist);
    const canvas = page.locator(".panel canvas");
    await canvas.tap({ position: { x: 20, y: 20 } });
    await expect(page.locator(".readout")).toHaveText(/^channel 0 · y \d+ · x \d+ · \S+$/);
    await expect(page.locator(".readout")).toBeVisible();
    await page.locator(".enlarge").tap();
    await expect(page.locator(".readout")).toBeHidden();
  });

  test("a tap is of where the maps were then, also where its code comes later", async ({ page }) => {
    await open(page, { layers: "conv_1" });
    await look(page);
    await load(page, mnist);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const address = "**/convcam-probe*.js";
    await page.route(address, (route) => held.then(() => route.continue()));
    const asked = page.waitForRequest(address);
    await page.locator(".panel canvas").tap({ position: { x: 20, y: 20 } });
    await asked;
    await page.evaluate(() => document.body.prepend(Object.assign(document.createElement("p"), { textContent: "What came meanwhile." })));
    release();
    await expect(page.locator(".readout")).toHaveText(/^channel 0 · y \d+ · x \d+ · \S+$/);
  });
});

for (const place of ["page", "worker"])
  test(`gates, seeds and checkpoints work in halves, the engine on the ${place}`, async ({ warmPage: page }) => {
    await open(page, { layers: "conv_1,conv_2", precision: "float16", ...(place === "worker" && { worker: "" }) });
    await look(page);
    await load(page, mnist);
    const change = (given: Partial<Pick<ConvCam, "blank" | "parameters" | "gates">> & { src?: string } = {}) =>
      page.evaluate(async (values) => {
        const element = document.querySelector("conv-cam") as ConvCam;
        const heard = (type: string) => {
          const event = new Promise<CustomEventInit>((resolve) => element.addEventListener(type, resolve, { once: true }));
          element.refresh();
          return event;
        };
        // Playwright leaves out what is undefined.
        for (const [name, value] of Object.entries(values)) Object.assign(element, { [name]: value ?? undefined });
        await element.updateComplete;
        // A frame that was under way may end first.
        await heard("frame");
        const { isTrained } = (await heard("results")).detail;
        const means = async (value: string) => (await element.ask({ kind: "statistics", value })).map(({ mean }) => mean);
        return { isTrained, conv1: await means("conv_1"), conv2: await means("conv_2") };
      }, given as never);
    const none = null as unknown as undefined;
    const plain = await change();
    const gated = await change({ gates: [{ value: "conv_1", channel: 3, scale: 0 }] });
    expect(gated.conv1).toEqual(plain.conv1.map((mean, i) => (i === 3 ? 0 : mean)));
    expect(gated.conv2).not.toEqual(plain.conv2);
    expect(await change({ gates: [] })).toEqual(plain);

    const seeded = await change({ blank: 7 });
    expect(seeded.isTrained).toBe(false);
    expect(seeded.conv1).not.toEqual(plain.conv1);
    expect(await change({ blank: 7, gates: [{ value: "conv_1", scale: 0 }] })).toMatchObject({ conv1: plain.conv1.map(() => 0) });
    expect(await change({ gates: [] })).toEqual(seeded);
    expect(await change({ blank: none })).toEqual(plain);

    const early = await change({ parameters: "/models/mnist-early.onnx" });
    expect(early.conv2).not.toEqual(plain.conv2);
    // As the checkpoint itself, loaded as the network.
    expect(await change({ parameters: none, src: "/models/mnist-early.onnx" })).toEqual(early);
    await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  });
