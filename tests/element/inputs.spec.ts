// Networks whose values and inputs do not lie as usual: what is drawn, and whether a picture reaches them.
import { expect, type Page } from "@playwright/test";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeNpy } from "../../src/engine/npy.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { twoFiles } from "../support/two-files.ts";
import { test, visit } from "./fixtures.ts";

/** Opens an element with a network made here; it looks at a canvas whose left half is red and whose right half is blue. */
async function openNetwork(page: Page, graph: Graph, attributes: Readonly<Record<string, string>> = {}): Promise<void> {
  await visit(page, "one");
  await page.evaluate(
    async ([bytes, given]) => {
      await customElements.whenDefined("conv-cam");
      const element = document.querySelector("conv-cam") as ConvCam;
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 32;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#f00";
      context.fillRect(0, 0, 16, 32);
      context.fillStyle = "#00f";
      context.fillRect(16, 0, 16, 32);
      for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
      element.input = canvas;
      element.src = new Uint8Array(bytes);
      await new Promise((resolve) => element.addEventListener("frame", resolve, { once: true }));
    },
    [[...encodeModel(graph)], attributes] as const,
  );
}

function layoutOf(page: Page, value: string): Promise<{ channels: number; mapHeight: number; mapWidth: number } | null | undefined> {
  return page.evaluate((name) => {
    const element = document.querySelector("conv-cam") as ConvCam;
    const panels = [...(element.shadowRoot?.querySelectorAll(".panel") ?? [])];
    const canvas = panels.find((panel) => panel.querySelector(".name")?.textContent === name)?.querySelector("canvas");
    const layout = canvas && element.viewer?.mosaicOn(canvas)?.layout;
    return layout && { channels: layout.channels, mapHeight: layout.mapHeight, mapWidth: layout.mapWidth };
  }, value);
}

const filter = noise([4, 3, 3, 3]);

/** As tf2onnx writes: channels last but for the convolution itself. */
const channelsLast = graphOf({
  inputs: { x: [1, 8, 10, 3] },
  constants: { f: filter },
  nodes: [
    op("Transpose", "x", "first", { perm: [0, 3, 1, 2] }),
    op("Conv", "first f", "y"),
    op("Transpose", "y", "last", { perm: [0, 2, 3, 1] }),
    op("Relu", "last", "active"),
    op("ArgMax", "active", "map", { axis: 3, keepdims: 0 }),
  ],
  outputs: ["active", "map"],
});

test("values with channels last, and maps of classes, are drawn as maps", async ({ sharedPage: page }) => {
  await openNetwork(page, channelsLast, { layers: "x,y,active,map" });
  // The input is one picture.
  expect(await layoutOf(page, "x")).toEqual({ channels: 1, mapHeight: 8, mapWidth: 10 });
  expect(await layoutOf(page, "y")).toEqual({ channels: 4, mapHeight: 6, mapWidth: 8 });
  expect(await layoutOf(page, "active")).toEqual({ channels: 4, mapHeight: 6, mapWidth: 8 });
  expect(await layoutOf(page, "map")).toEqual({ channels: 1, mapHeight: 6, mapWidth: 8 });
});

test("the layers attribute says how a value lies", async ({ sharedPage: page }) => {
  await openNetwork(page, channelsLast, { layers: "active@nchw,y@nhwc" });
  expect(await layoutOf(page, "active")).toEqual({ channels: 6, mapHeight: 8, mapWidth: 4 });
  expect(await layoutOf(page, "y")).toEqual({ channels: 8, mapHeight: 4, mapWidth: 6 });
});

/** What reached the network, and what the element says. */
function readInput(page: Page): Promise<{ numbers: number[]; said: string }> {
  return page.evaluate(async () => {
    const element = document.querySelector("conv-cam") as ConvCam;
    const tensor = await element.viewer?.model.read("x");
    return { numbers: tensor?.toNumbers() ?? [], said: element.shadowRoot?.querySelector(".message")?.textContent ?? "" };
  });
}

const red = [1, 0, 0];
const blue = [0, 0, 1];

/** Each takes the red and blue picture: its first and last pixels, by what lies beside them in memory. */
const pictureInputs: readonly {
  why: string;
  dtype: DataType;
  shape: number[];
  nodes: Graph["nodes"];
  first: number[];
  last: number[];
  pixel?: number[];
}[] = [
  {
    why: "bytes with channels last, prepared inside the network",
    dtype: "uint8",
    shape: [1, 8, 8, 3],
    nodes: [op("Cast", "x", "y", { to: 1 })],
    first: [255, 0, 0],
    last: [0, 0, 255],
  },
  { why: "16 bits", dtype: "float16", shape: [1, 8, 8, 3], nodes: [op("Cast", "x", "y", { to: 1 })], first: red, last: blue },
  { why: "no batch", dtype: "float32", shape: [8, 8, 3], nodes: [op("Relu", "x", "y")], first: red, last: blue },
  { why: "a batch of two", dtype: "float32", shape: [2, 8, 8, 3], nodes: [op("Relu", "x", "y")], first: red, last: blue },
  { why: "opacity", dtype: "float32", shape: [1, 8, 8, 4], nodes: [op("Relu", "x", "y")], first: [1, 0, 0, 1], last: [0, 0, 1, 1] },
  {
    why: "a flat vector of 3 · 32²",
    dtype: "float32",
    shape: [1, 3072],
    nodes: [op("Relu", "x", "y")],
    first: [1, 1],
    last: [1, 1],
    pixel: red,
  },
];

for (const { why, dtype, shape, nodes, first, last, pixel = first } of pictureInputs)
  test(`a picture reaches an input of ${dtype} [${shape}]: ${why}`, async ({ sharedPage: page }) => {
    const graph = graphOf({ inputs: { x: shape }, nodes });
    await openNetwork(page, { ...graph, inputs: [{ name: "x", dtype, shape }] }, { layers: "x,y" });
    const { numbers, said } = await readInput(page);
    expect(numbers.slice(0, first.length)).toEqual(first);
    expect(numbers.slice(-last.length)).toEqual(last);
    expect(said).toBe("");
    const picture = page.locator(".panel.picture");
    await picture.locator("canvas").focus();
    // The first key goes to the first pixel.
    for (const key of ["ArrowRight", "ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
    await expect(picture.locator(".readout")).toHaveText(`y 1 · x 1 · ${pixel.join(" | ")}`);
  });

test("numbers that do not suit the input are refused with a reason, and mended by others", async ({ sharedPage: page }) => {
  const graph = graphOf({ inputs: { x: [1, 1, 8, 8] }, nodes: [op("Relu", "x", "y")] });
  await openNetwork(page, graph, { layers: "y" });
  const set = (name: string, value: string) =>
    page.evaluate(([attribute, text]) => document.querySelector("conv-cam")?.setAttribute(attribute, text), [name, value] as const);
  await set("mean", "1,2,3,4,5");
  await expect(page.locator("conv-cam .problem")).toContainText("mean: 5 numbers, but the input has 1 channel. Give one number.");
  await set("mean", "0.5");
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await set("std", "0");
  await expect(page.locator("conv-cam .problem")).toContainText("std: 0 divides by zero");
});

test("free sizes follow the input-shape attribute, and 224 × 224 without it", async ({ sharedPage: page }) => {
  const graph = graphOf({ inputs: { x: ["N", "H", "W", 3] }, nodes: [op("Relu", "x", "y")] });
  await openNetwork(page, graph, { layers: "y" });
  const shape = () => page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).viewer?.model.inputs[0]?.shape);
  expect(await shape()).toEqual([1, 224, 224, 3]);
  const set = (value: string) =>
    page.evaluate((text) => {
      const element = document.querySelector("conv-cam") as ConvCam;
      element.setAttribute("input-shape", text);
      return element.updateComplete;
    }, value);
  await set("1,12,20,3");
  expect(await shape()).toEqual([1, 12, 20, 3]);
  await set("1,12,20,4");
  await expect(page.locator("conv-cam .problem")).toContainText(
    "input-shape: input 'x' is [N, H, W, 3], and [1, 12, 20, 4] does not fit it.",
  );
});

test("a model in two files opens from files, and from addresses in the src attribute", async ({ sharedPage: page }) => {
  const { model, weights } = twoFiles();
  await page.route("**/net-1.onnx", (route) => route.fulfill({ body: Buffer.from(model) }));
  await page.route("**/weights-2.data", (route) => route.fulfill({ body: Buffer.from(weights) }));
  await visit(page, "one");
  const weight = () =>
    page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).viewer?.model.graph.initializers.get("w")?.toNumbers());
  const open = (isComplete: boolean) =>
    page.evaluate(
      async ([modelBytes, weightBytes, complete]) => {
        await customElements.whenDefined("conv-cam");
        const element = document.querySelector("conv-cam") as ConvCam;
        const files = [new File([new Uint8Array(weightBytes)], "net.onnx.data"), new File([new Uint8Array(modelBytes)], "net.onnx")];
        element.src = complete ? files : files.slice(1);
        await element.updateComplete;
      },
      [[...model], [...weights], isComplete] as const,
    );
  await open(false);
  await expect(page.locator("conv-cam .problem")).toContainText("'net.onnx.data' beside it: drop or choose both files together.");
  await open(true);
  expect(await weight()).toEqual([3]);
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await page.evaluate(async () => {
    const element = document.querySelector("conv-cam") as ConvCam;
    element.setAttribute("src", '["/net-1.onnx", "/weights-2.data"]');
    await element.updateComplete;
  });
  expect(await weight()).toEqual([3]);
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
});

/** The first value of the network, as whoever computes it says. */
function askInput(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const { bytes } = await (document.querySelector("conv-cam") as ConvCam).ask({ kind: "value", value: "x" });
    return [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)];
  });
}

/** Red, green and blue of one of 8 × 8 pixels in planes. */
const colorAt = (numbers: readonly number[], y: number, x: number) => [0, 1, 2].map((plane) => numbers[64 * plane + 8 * y + x] as number);

for (const where of ["on the page", "in a worker"])
  test(`strokes of \`retouch\` change what the network gets, ${where}`, async ({ sharedPage: page }) => {
    const graph = graphOf({ inputs: { x: [1, 3, 8, 8] }, nodes: [op("Relu", "x", "y")] });
    const worker = where === "in a worker" ? { worker: "" } : {};
    await openNetwork(page, graph, { layers: "x,y", retouch: "#00ff00 0.5 0.5,0.25", ...worker });
    const brush = (text: string) => page.evaluate((strokes) => document.querySelector("conv-cam")?.setAttribute("retouch", strokes), text);
    // A patch of 16 pixels of 32, around the fifth row and the third column of 8.
    const patched = async () => colorAt(await askInput(page), 4, 2).map((number) => number.toFixed(2));
    await expect.poll(patched).toEqual(["0.00", "1.00", "0.00"]);
    const painted = await askInput(page);
    expect(colorAt(painted, 0, 0)).toEqual([1, 0, 0]);
    expect(colorAt(painted, 7, 7)).toEqual([0, 0, 1]);
    // Half of the picture is red, half is blue.
    await brush("gray 0.5 0.5,0.25");
    await expect.poll(patched).toEqual(["0.50", "0.00", "0.50"]);
    expect(colorAt(await askInput(page), 4, 6)).toEqual([0, 0, 1]);
    // Of a picture that is blurred where its halves meet, some of the one reaches the other.
    await brush("blur 0.5 0.5,0.5; #00ff00 0.25 0.125,0.125 0.125,0.875");
    await expect.poll(async () => (colorAt(await askInput(page), 4, 4)[0] as number) > 0.05).toBe(true);
    expect(colorAt(await askInput(page), 0, 6)).toEqual([0, 1, 0]);
    expect(await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state.retouch)).toContain("blur 0.5");
    await brush("sponge");
    await expect(page.locator("conv-cam .problem")).toContainText("retouch 'sponge': expected gray, blur or a colour");
    await expect.poll(async () => colorAt(await askInput(page), 0, 6)).toEqual([0, 0, 1]);
    await page.evaluate(() => document.querySelector("conv-cam")?.removeAttribute("retouch"));
    await expect(page.locator("conv-cam .problem")).toHaveCount(0);
    expect(colorAt(await askInput(page), 4, 2)).toEqual([1, 0, 0]);
  });

for (const where of ["on the page", "in a worker"])
  test(`arrays reach the inputs that they are named for, also of networks that take no picture, ${where}`, async ({ sharedPage: page }) => {
    const graph = graphOf({ inputs: { x: [1, 4], y: [1, 4] }, nodes: [op("Sub", "x y", "z"), op("Relu", "z", "out")] });
    await openNetwork(page, graph, { layers: "z", ...(where === "in a worker" && { worker: "" }) });
    const give = (name: string, ...numbers: number[]) =>
      page.evaluate(
        ([fileName, bytes]) => {
          (document.querySelector("conv-cam") as ConvCam).input = new File([new Uint8Array(bytes)], fileName);
        },
        [name, [...encodeNpy(Tensor.float32([numbers.length], Float32Array.from(numbers)))]] as const,
      );
    const difference = () =>
      page.evaluate(async () => {
        const { bytes } = await (document.querySelector("conv-cam") as ConvCam).ask({ kind: "value", value: "z" });
        return [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)];
      });
    await give("x.npy", 5, 6, 7, 8);
    await expect.poll(difference).toEqual([5, 6, 7, 8]);
    await give("y.npy", 1, 1, 2, 2);
    await expect.poll(difference).toEqual([4, 5, 5, 6]);
    await give("x.npy", 1, 2, 3);
    await expect(page.locator("conv-cam .problem")).toContainText("The array is [3] of float32, and input 'x' takes [1, 4] or [4].");
  });
