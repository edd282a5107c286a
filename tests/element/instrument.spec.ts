// The instrument: from all layers to one element and back, by mouse and by keyboard, and what it says of a layer against plain loops.
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { decodeNpy } from "../../src/engine/npy.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { filled, graphOf, op } from "../support/graphs.ts";
import { test } from "./fixtures.ts";
import { clickOn, open as openNetwork, placeOf } from "./looked-at.ts";

/** Two layers: of the first, one channel is 0 everywhere, since its weights are and its bias is negative. */
const network = encodeModel(
  graphOf({
    inputs: { x: [1, 1, 12, 12] },
    constants: {
      w: filled([4, 1, 3, 3], (i) => (i >= 18 && i < 27 ? 0 : Math.sin(i * 2.3))),
      b: filled([4], (i) => [0.1, 0.2, -1, 0][i] ?? 0),
      v: filled([3, 4, 1, 1], (i) => Math.cos(i)),
    },
    nodes: [
      op("Conv", "x w b", "sum", { pads: [1, 1, 1, 1] }),
      op("Relu", "sum", "maps"),
      op("Conv", "maps v", "mixed"),
      op("GlobalAveragePool", "mixed", "scores"),
    ],
    outputs: ["scores"],
  }),
);

const open = (page: Page, attributes: Readonly<Record<string, string>>) => openNetwork(page, network, attributes);

test("a click goes in, to a layer, a channel and an element; the way there leads back", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview", layers: "maps" });
  const canvas = element.locator(".panel canvas").first();
  await clickOn(canvas, [0.2, 0.3]);
  await expect.poll(() => placeOf(element)).toEqual(["layer", "maps"]);
  await expect(element.locator(".side")).toContainText("silent channels");
  await expect(element.locator(".crumbs [aria-current]")).toHaveText("maps");
  // Two rows of two: the last is at the right below.
  await clickOn(canvas, [0.8, 0.8]);
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "3"]);
  await expect(element.locator(".name").first()).toHaveText("maps · channel 3");
  await canvas.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect.poll(async () => (await placeOf(element))[0]).toBe("pixel");
  // The focus stays on the map, though the picture has come beside it, and Escape leads back.
  await expect(element.locator(".side h2")).toContainText("Element");
  expect(await canvas.evaluate((one) => (one.getRootNode() as ShadowRoot).activeElement === one)).toBe(true);
  await page.keyboard.press("Escape");
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "3"]);
  await clickOn(canvas, [0.5 / 12, 11.5 / 12]);
  await expect.poll(() => placeOf(element)).toEqual(["pixel", "maps", "3", "11,0"]);
  await element.getByRole("button", { name: "maps" }).first().click();
  await expect.poll(() => placeOf(element)).toEqual(["layer", "maps"]);
  await element.getByRole("button", { name: "All layers" }).click();
  await expect.poll(() => placeOf(element)).toEqual(["overview"]);
  await expect(element.locator(".crumbs ol")).toHaveCount(0);
  await expect(element.locator(".side")).toBeHidden();
});

test("the keyboard alone goes in and out, and to the channels beside", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps" });
  const canvas = element.locator(".large canvas");
  await canvas.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Enter");
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "1"]);
  await page.keyboard.press("]");
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "2"]);
  for (const _ of [1, 2, 3]) await page.keyboard.press("[");
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "3"]);
  await page.keyboard.press("Escape");
  await expect.poll(() => placeOf(element)).toEqual(["layer", "maps"]);
  await page.keyboard.press("Escape");
  await expect.poll(() => placeOf(element)).toEqual(["overview"]);
});

test("says of a layer what its elements say, and names the channel that is silent", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps" });
  const side = element.locator(".side");
  await expect(side).toContainText("1 of 4");
  const elements = await element.evaluate(async (one) => {
    const points = Array.from({ length: 4 * 144 }, (_, i) => ({ channel: Math.floor(i / 144), y: Math.floor((i % 144) / 12), x: i % 12 }));
    return (one as ConvCam).ask({ kind: "probe", value: "maps", points });
  });
  const zeros = elements.filter((x) => x === 0).length / elements.length;
  const mean = elements.reduce((sum, x) => sum + x, 0) / elements.length;
  const facts = await side.locator("dd").allTextContents();
  expect(facts[0]).toBe(`${Math.round(zeros * 100)}%`);
  expect(Number(facts[2]?.split(" · ")[0])).toBeCloseTo(mean, 3);
  expect(Number(facts[3]?.split(" · ")[1])).toBeCloseTo(Math.max(...elements), 3);
  await expect(side.locator(".histogram rect")).toHaveCount(64);
  await expect(side.locator(".histogram")).toContainText(`${elements.filter((x) => x !== 0).length} elements other than 0`);
  await side.getByRole("button", { name: "Channel 2" }).click();
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "2"]);
  await expect(side).toContainText("100%");
});

test("orders channels, and reads the one that is under the pointer", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps" });
  await element.getByLabel("Order by").selectOption("sparsity");
  const canvas = element.locator(".large canvas");
  // The silent channel stands first now.
  await expect(async () => {
    await page.mouse.move(0, 0);
    await canvas.hover({ position: { x: 6, y: 6 } });
    await expect(element.locator(".readout")).toContainText("channel 2 ·", { timeout: 1000 });
  }).toPass();
  await expect(element.locator(".readout")).toContainText("· 0");
});

test("a channel is silenced, alone, louder, and as before; the answer moves", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "channel", layer: "maps", channel: "0" });
  const answer = () =>
    element.evaluate(
      (one) =>
        new Promise<number[]>((resolve) => {
          one.addEventListener("results", (event) => resolve([...((event as CustomEvent).detail.outputs[0] as Float32Array)]), {
            once: true,
          });
          (one as ConvCam).refresh();
        }),
    );
  const before = await answer();
  for (const name of ["Silence", "Solo", "× 2"]) {
    const button = element.getByRole("button", { name });
    await button.click();
    await expect(button).toHaveAttribute("aria-pressed", "true");
    await expect.poll(answer).not.toEqual(before);
    await button.click();
    await expect(button).toHaveAttribute("aria-pressed", "false");
    await expect.poll(answer).toEqual(before);
  }
});

test("an element is computed anew beside the GPU's, and its field is boxed on the picture", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "pixel", layer: "maps", channel: "1", pixel: "0,5" });
  const side = element.locator(".side");
  await expect(side.locator(".check")).toContainText("✓");
  await expect(side).toContainText("It sees 2 × 3 pixels of the picture: rows 0 to 1, columns 4 to 6.");
  await expect(side).toContainText("3 of its places lie beside the input");
  // By a plain loop over what the page draws: 12 × 12 shades in 0…255, scaled to 0…1.
  const shade = (y: number, x: number) => (y < 0 ? 0 : (((y * 12 + x) * 37) % 256) / 255);
  const weight = (i: number) => Math.sin((9 + i) * 2.3);
  let sum = 0.2;
  for (let i = 0; i < 9; i++) sum += weight(i) * shade(Math.floor(i / 3) - 1, 4 + (i % 3));
  const gpu = await element.evaluate((one) => (one as ConvCam).ask({ kind: "element", value: "maps", point: { channel: 1, y: 0, x: 5 } }));
  expect(gpu.needs).toBeUndefined();
  if (gpu.needs === undefined) expect(gpu.element).toBeCloseTo(Math.max(0, sum), 3);
  // On the map and on the picture, and on both of their thumbnails.
  await expect(element.locator(".field")).toHaveCount(2);
  await expect(element.locator(".band-marks .of-field")).toHaveCount(1);
  await expect(element.locator(".band-marks .of-own")).toHaveCount(1);

  // The window slides: by a step, by the pointer, and by itself.
  await element.getByRole("button", { name: "Next element" }).click();
  await expect.poll(() => placeOf(element)).toEqual(["pixel", "maps", "1", "0,6"]);
  await expect(side.locator("h2")).toContainText("y 0, x 6");
  await clickOn(element.locator(".panel canvas").first(), [3.5 / 12, 7.5 / 12]);
  await expect.poll(() => placeOf(element)).toEqual(["pixel", "maps", "1", "7,3"]);
  await element
    .locator(".panel canvas")
    .first()
    .hover({ position: { x: 3, y: 3 } });
  await expect(side.locator("h2")).toContainText("y 0, x 0");
  await page.mouse.move(0, 0);
  await expect(side.locator("h2")).toContainText("y 7, x 3");
  await element.getByRole("button", { name: "Slide" }).click();
  await expect.poll(() => placeOf(element)).not.toEqual(["pixel", "maps", "1", "7,3"]);
  await element.getByRole("button", { name: "Stop" }).click();
});

test("every term of a formula leads to its own element, by mouse and by keyboard, and what the pointer is over is marked", async ({
  sharedPage: page,
}) => {
  const element = await open(page, { view: "pixel", layer: "mixed", channel: "2", pixel: "3,4" });
  const side = element.locator(".side");
  await expect(side.locator(".check")).toContainText("✓");
  // What it reads stands beside it: the channel of maps that counts most, which its first row names.
  const terms = side.locator(".term");
  await expect(terms.first()).toHaveText(/^channel \d, y 3, x 4$/);
  await expect(element.locator(".panel .name")).toHaveText([/^mixed/, /^maps · channel \d$/, "x"]);
  await terms.first().hover();
  await expect(element.locator(".band-marks .of-term")).toHaveCount(1);
  await page.mouse.move(0, 0);
  await expect(element.locator(".band-marks .of-term")).toHaveCount(0);
  const first = (await terms.first().textContent())?.match(/\d/)?.[0] ?? "";
  await terms.first().focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => placeOf(element)).toEqual(["pixel", "maps", first, "3,4"]);
  await expect(side.locator(".check")).toContainText("✓");
  // From a window's cell to the picture; arrow keys go from cell to cell.
  await expect(side.locator("h2")).toContainText("y 3, x 4");
  await side.locator(".product .term").first().focus();
  for (const key of ["ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
  await page.keyboard.press("Enter");
  await expect.poll(() => placeOf(element)).toEqual(["pixel", "x", "0", "3,4"]);
  await expect(side).toContainText("no node computes it");
});

test("the window follows the pointer over what the formula reads, and a gate is one of its steps", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "pixel", layer: "maps", channel: "1", pixel: "3,4" });
  const side = element.locator(".side");
  await expect(side.locator(".check")).toContainText("✓");
  const picture = element.locator(".panel.picture canvas");
  // The picture has its size once all is shown.
  await expect(async () => {
    await page.mouse.move(0, 0);
    const box = await picture.boundingBox();
    await picture.hover({ position: { x: ((box?.width ?? 0) * 7.5) / 12, y: ((box?.height ?? 0) * 9.5) / 12 } });
    await expect(side.locator("h2")).toContainText("y 9, x 7", { timeout: 2000 });
  }).toPass();
  await page.mouse.move(0, 0);
  await expect(side.locator("h2")).toContainText("y 3, x 4");
  await element.evaluate((one) => {
    (one as ConvCam).gates = [{ value: "maps", channel: 1, scale: 0.5, shift: 3 }];
  });
  await expect(side.locator(".formula")).toContainText("A gate:");
  await expect(side.locator(".check")).toContainText("✓");
  await element.evaluate((one) => {
    (one as ConvCam).gates = [];
  });
  await expect(side.locator(".formula")).not.toContainText("A gate:");
});

test("in a layer, what the element under the pointer depends on is marked in the overview", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "mixed" });
  await expect(element.locator(".side")).toContainText("silent channels");
  await element.locator(".large canvas").hover({ position: { x: 12, y: 12 } });
  await expect(element.locator(".band-marks .of-field")).toHaveCount(2);
  await page.mouse.move(0, 0);
  await expect(element.locator(".band-marks .of-field")).toHaveCount(0);
});

test("a channel shows its kernels, and a class is told from all the others", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "channel", layer: "mixed", channel: "2" });
  await expect(element.locator(".kernels figcaption")).toContainText("All 4 kernels, one for each input channel");
  await element.evaluate((one) => {
    one.setAttribute("view", "pixel");
    one.setAttribute("layer", "scores");
  });
  await expect(element.locator(".side h2")).toContainText("Unit 2");
  await expect(element.locator(".side .check")).toContainText("✓");
});

test("the overview draws every layer at its node, and a click on one, or Enter, goes to it", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview", layers: "scores" });
  const band = element.locator(".band");
  await expect(band.locator(".band-title")).toHaveText(["input", "Conv 3×3 + ReLU", "Conv 1×1", "global average pool"]);
  await expect(band.locator(".band-shape")).toHaveText(["1 × 12 × 12", "4 × 12 × 12", "3 × 12 × 12", "3 × 1 × 1"]);
  // Thumbnails differ from their background where their nodes are, and nowhere between them.
  const painted = await element.evaluate(async (one) => {
    const viewer = (one as ConvCam).viewer;
    const canvas = one.shadowRoot?.querySelector<HTMLCanvasElement>("canvas.sheet");
    if (!viewer || !canvas) throw new Error("no sheet");
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d") as CanvasRenderingContext2D;
    void viewer.frame({ runs: false });
    context.drawImage(canvas, 0, 0);
    const { left } = canvas.getBoundingClientRect();
    const nodes = [...(one.shadowRoot?.querySelectorAll(".band-thumb") ?? [])].map((node) => node.getBoundingClientRect());
    const opaque = (x: number) => (context.getImageData(Math.round((x - left) * devicePixelRatio), 32, 1, 1).data[3] as number) > 0;
    return { on: nodes.map((box) => opaque(box.left + box.width / 2)), between: nodes.slice(1).map((box) => opaque(box.left - 10)) };
  });
  expect(painted.on).toEqual([true, true, true, true]);
  expect(painted.between).toEqual([false, false, false]);
  await band.getByRole("button", { name: "Conv 1×1" }).click();
  await expect.poll(() => placeOf(element)).toEqual(["layer", "mixed"]);
  await expect(band.locator("[aria-current]")).toContainText("Conv 1×1");
  await band.locator('[tabindex="0"]').focus();
  for (const key of ["End", "ArrowLeft", "ArrowLeft", "Enter"]) await page.keyboard.press(key);
  await expect.poll(() => placeOf(element)).toEqual(["layer", "maps"]);
  await element.evaluate((one) => one.setAttribute("hide", "overview"));
  await expect(band).toBeHidden();
});

test("nothing is said of the network before while another one is on its way", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps" });
  const other = encodeModel(graphOf({ inputs: { x: [1, 1, 12, 12] }, nodes: [op("Abs", "x", "sizes"), op("Neg", "sizes", "below")] }));
  const errors = await element.evaluate(
    async (one, bytes) => {
      const viewer = one as ConvCam;
      const told: string[] = [];
      viewer.addEventListener("error", ({ detail }: CustomEventInit) => told.push(detail.error.message));
      // A scene is being made, frames go on, and numbers are asked for, when both change.
      viewer.setAttribute("normalize", "channel");
      const maps = { value: "maps", channel: 1 };
      const asked = [
        viewer.ask({ kind: "histogram", ...maps }),
        viewer.ask({ kind: "layer", value: "maps" }),
        viewer.ask({ kind: "silence", values: ["maps"] }),
        viewer.ask({ kind: "strongest", ...maps, count: 2 }),
        viewer.ask({ kind: "value", value: "maps" }),
      ];
      for (let i = 0; i < 3; i++) await Promise.resolve();
      viewer.setAttribute("layer", "sizes");
      viewer.src = new Uint8Array(bytes);
      viewer.refresh();
      await new Promise((resolve) => viewer.addEventListener("load", resolve, { once: true }));
      await viewer.updateComplete;
      // What is still answered is of the network before, so it is answered to nobody.
      for (const one of await Promise.allSettled(asked))
        if (one.status === "rejected" && one.reason.name !== "AbortError") told.push(one.reason.message);
      return told;
    },
    [...other],
  );
  expect(errors).toEqual([]);
  await expect(element.locator(".crumbs [aria-current]")).toHaveText("sizes");
});

test("layers are timed on a click, their silent channels counted while somebody looks, and renamed for display", async ({
  sharedPage: page,
}) => {
  const element = await open(page, { view: "overview", layers: "scores" });
  const band = element.locator(".band");
  await band.getByLabel("Find layers").fill("silent");
  await expect(band.locator(".found .band-title")).toHaveText(["Conv 3×3 + ReLU"]);
  await expect(band.locator(".band-numbers")).toHaveText(["1 silent"]);
  await band.getByLabel("Find layers").fill("");
  await expect(band.locator(".band-numbers")).toHaveCount(0);
  await band.getByRole("button", { name: "Measure" }).click();
  await expect(band.locator(".band-numbers")).toHaveText([/^[\d.]+ ms$/, /^[\d.]+ ms$/, /^[\d.]+ ms$/, /^[\d.]+ ms$/]);
  await expect(band.locator(".band-note")).toContainText("together");
  await band.getByRole("button", { name: "Table" }).click();
  const heads = ["Name", "Layer", "Shape", "Parameters", "Multiply-adds", "Share", "ms", "Of time", "GFLOP/s", "Silent", "Save"];
  await expect(band.locator("thead th")).toHaveText(heads);
  // What each takes is of the same measurement, so the shares are those of the times; a multiply-add is two operations.
  const cells = await band
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent?.trim())));
  // Of what the clock finds no time for there is no speed.
  for (const [, , , , macs = "", , ms, , gflops] of cells)
    if (macs !== "0" && Number(ms) > 0)
      expect(Number(gflops) / ((2 * Number(macs.replace(",", ""))) / (Number(ms) * 1e6)), `${macs} in ${ms}`).toBeCloseTo(1, 1);
  await expect(band.locator("tbody tr td:nth-last-child(2)")).toHaveText(["1", "0", "0"]);

  await band.getByRole("button", { name: "Rename maps for display" }).click();
  await page.keyboard.type("edges");
  await page.keyboard.press("Enter");
  await expect(band.locator("tbody th").first()).toHaveText("edges maps");
  await expect(band.getByRole("button", { name: "Rename maps for display" })).toBeFocused();
  await expect(band.locator(".band-title")).toHaveText(["input", "edges", "Conv 1×1", "global average pool"]);
  expect(await element.evaluate((one) => (one as ConvCam).state.layerNames)).toBe('{"maps":"edges"}');
  await band.getByLabel("Find layers").fill("edges");
  await expect(band.locator("tbody tr")).toHaveCount(1);
  await band.getByRole("button", { name: "Rename maps for display" }).click();
  await page.keyboard.type("something else");
  await page.keyboard.press("Escape");
  await expect(band.locator("tbody th").first()).toHaveText("edges maps");
  await band.getByRole("button", { name: "Rename maps for display" }).click();
  await page.keyboard.press("Delete");
  await page.keyboard.press("Enter");
  await expect(band.locator(".band-title")).toHaveText(["input", "Conv 3×3 + ReLU", "Conv 1×1", "global average pool"]);
  // Above its maps as well.
  await element.evaluate((one) => Object.entries({ view: "layer", layer: "maps" }).map(([name, value]) => one.setAttribute(name, value)));
  await element.getByRole("button", { name: "Name this layer…" }).click();
  await page.keyboard.type("rims");
  await page.keyboard.press("Enter");
  await expect(element.locator(".naming")).toContainText("rims is your name for maps.");
  await expect(element.locator(".instrument > .about-layer")).toContainText(/^A convolution: .* ReLU: /);
  const told = element.evaluate(
    (one) =>
      new Promise<string>((resolve) =>
        one.addEventListener("error", ({ detail }: CustomEventInit) => resolve(detail.error.message), { once: true }),
      ),
  );
  await element.evaluate((one) => one.setAttribute("layer-names", "edges"));
  expect(await told).toContain('expected JSON such as {"conv_1":"edges"}');
});

test("layers are found by what is typed, and sorted in a table that leads to them", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview", layers: "scores" });
  const band = element.locator(".band");
  await band.getByLabel("Find layers").fill("all convs");
  await expect(band.getByRole("status")).toHaveText("2 found");
  await expect(band.locator(".found .band-title")).toHaveText(["Conv 3×3 + ReLU", "Conv 1×1"]);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(band.locator(".meant .band-title")).toHaveText("Conv 1×1");
  await band.getByRole("button", { name: "Table" }).click();
  const names = band.locator("tbody th");
  await expect(names).toHaveText(["maps", "mixed"]);
  await band.getByLabel("Find layers").fill("");
  await expect(names).toHaveText(["maps", "mixed", "scores"]);
  await band.getByRole("button", { name: "Parameters" }).click();
  await expect(band.locator("th[aria-sort]")).toHaveAttribute("aria-sort", "descending");
  await expect(names).toHaveText(["maps", "mixed", "scores"]);
  await band.getByRole("button", { name: "Parameters" }).click();
  await expect(names).toHaveText(["scores", "mixed", "maps"]);
  // 4 × 9 weights and 4 biases; 12 × 12 × 4 × 9 multiply-adds.
  await expect(band.locator("tbody tr").last().locator("td")).toHaveText([
    "Conv 3×3 + ReLU",
    "4 × 12 × 12",
    "40",
    "5,184",
    "75%",
    "1",
    "PNG.npyCSV",
  ]);
  await names.getByRole("button", { name: "mixed", exact: true }).click();
  await expect.poll(() => placeOf(element)).toEqual(["layer", "mixed"]);
});

test("a network that cannot run is drawn all the same, with what is in the way at its node", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview" });
  const refused = encodeModel(
    graphOf({ inputs: { x: [1, 1, 8, 8] }, nodes: [op("Relu", "x", "first"), op("Unheard", "first", "second")] }),
  );
  await element.evaluate(
    (one, bytes) => {
      (one as ConvCam).src = new Uint8Array(bytes);
    },
    [...refused],
  );
  await expect(element.locator(".band-title")).toHaveText(["input", "ReLU", "unheard"]);
  await expect(element.locator(".band .troubled")).toHaveAttribute("title", /Unheard/);
});

test("what is looked at is taken along: as it is drawn, and in numbers that can be read again", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "channel", layer: "maps", channel: "1", columns: "4" });
  const save = async (format: string) => {
    const [file] = await Promise.all([page.waitForEvent("download"), element.getByRole("button", { name: `Save as ${format}` }).click()]);
    return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
  };
  const elements = await element.evaluate((one) =>
    (one as ConvCam).ask({
      kind: "probe",
      value: "maps",
      points: Array.from({ length: 144 }, (_, i) => ({ channel: 1, y: Math.floor(i / 12), x: i % 12 })),
    }),
  );
  const npy = await save(".npy");
  expect(npy.name).toBe("network-maps-channel-1.npy");
  const tensor = decodeNpy(npy.bytes);
  expect([tensor.shape, tensor.toNumbers()]).toEqual([[12, 12], elements]);
  const csv = await save("CSV");
  const rows = csv.bytes
    .toString()
    .trim()
    .split("\r\n")
    .map((row) => row.split(",").map(Number));
  expect(rows.flat()).toEqual(elements);
  await element.evaluate((one) => one.setAttribute("view", "layer"));
  await expect(element.locator(".side")).toContainText("silent channels");
  const whole = decodeNpy((await save(".npy")).bytes);
  expect(whole.shape).toEqual([1, 4, 12, 12]);
  expect(whole.toNumbers().slice(144, 288)).toEqual(elements);

  // The picture has the pixels of the canvas.
  const png = await save("PNG");
  const difference = await element.evaluate(
    async (one, bytes) => {
      const saved = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      const canvas = one.shadowRoot?.querySelector<HTMLCanvasElement>(".large canvas");
      const viewer = (one as ConvCam).viewer;
      if (!canvas || !viewer) throw new Error("no canvas");
      const pixels = (source: CanvasImageSource) => {
        const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
        const context = copy.getContext("2d") as CanvasRenderingContext2D;
        context.drawImage(source, 0, 0);
        return context.getImageData(0, 0, copy.width, copy.height).data;
      };
      void viewer.frame({ runs: false });
      const drawn = pixels(canvas);
      const kept = pixels(saved);
      return [
        saved.width === canvas.width,
        saved.height === canvas.height,
        drawn.reduce((most, part, i) => Math.max(most, Math.abs(part - (kept[i] as number))), 0),
      ];
    },
    [...png.bytes],
  );
  expect(difference.slice(0, 2)).toEqual([true, true]);
  expect(difference[2]).toBeLessThanOrEqual(2);
});

test("says which place there is not, and shows the next one", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "nowhere" });
  await expect(element.locator(".instrument > .part-trouble")).toContainText("this network has no value 'nowhere'");
  await element.evaluate((one) => one.setAttribute("layer", "maps"));
  await expect(element.locator(".instrument > .part-trouble")).toBeHidden();
  await expect(element.locator(".crumbs [aria-current]")).toHaveText("maps");
  // Of the place before nothing is left.
  await element.evaluate((one) => one.setAttribute("pixel", "100,0"));
  await element.evaluate((one) => one.setAttribute("view", "pixel"));
  await expect(element.locator(".instrument > .part-trouble")).toContainText("pixel '100,0'");
  await expect(element.locator(".crumbs")).toBeHidden();
  await element.evaluate((one) => {
    one.removeAttribute("pixel");
    one.setAttribute("view", "layer");
  });
  await expect(element.locator(".side")).toContainText("silent channels");
});

test("in a worker, thumbnails are there again after a channel was looked at, and after folding", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview", layers: "maps", worker: "" });
  const drawn = () =>
    element.evaluate(async (one) => {
      await (one as ConvCam).updateComplete;
      const sheet = one.shadowRoot?.querySelector<HTMLCanvasElement>(".band canvas");
      return [one.shadowRoot?.querySelector(".band")?.classList.contains("troubled"), sheet !== null && sheet !== undefined];
    });
  await expect.poll(drawn).toEqual([false, true]);
  await element.evaluate((one) => {
    one.setAttribute("layer", "maps");
    one.setAttribute("channel", "1");
    one.setAttribute("view", "channel");
  });
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "1"]);
  await element.evaluate((one) => (one as ConvCam).updateComplete);
  await element.evaluate((one) => {
    for (const name of ["layer", "channel"]) one.removeAttribute(name);
    one.setAttribute("view", "overview");
  });
  await expect.poll(drawn).toEqual([false, true]);
});

test("a frame of the scene before has nothing to say of a layer that was not kept in it", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps", hide: "overview" });
  await expect(element.locator(".side .facts")).toContainText("silent");
  const told = await element.evaluate(async (one) => {
    const element = one as ConvCam;
    const errors: string[] = [];
    element.addEventListener("error", ({ detail }: CustomEventInit) => errors.push(detail.error.message));
    const viewer = element.viewer as NonNullable<ConvCam["viewer"]>;
    const show = viewer.show.bind(viewer);
    // The scene waits until the one before has drawn two more frames.
    viewer.show = async (scene) => {
      for (let i = 0; i < 2; i++) {
        const drawn = new Promise((resolve) => element.addEventListener("frame", resolve, { once: true }));
        element.refresh();
        await drawn;
      }
      return show(scene);
    };
    element.setAttribute("layer", "mixed");
    await element.updateComplete;
    return errors;
  });
  expect(told).toEqual([]);
  await expect(element.locator(".side .facts")).toContainText("0 of 3");
});

test("while the next network does not come, nothing leads into the one before", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps" });
  await expect(element.locator(".presets button").first()).toBeVisible();
  await page.route("**/never.onnx", () => undefined);
  await element.evaluate((one) => {
    (one as ConvCam).src = "/never.onnx";
  });
  for (const part of [".crumbs", ".presets", ".naming", ".side"]) await expect(element.locator(part)).toHaveText("");
});

test("whoever follows a link by the keyboard stays in the view, where the link is gone", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps" });
  const focused = () => element.evaluate((one) => one.shadowRoot?.activeElement?.textContent ?? "nothing");
  await element.getByRole("button", { name: "Channel 2", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "2"]);
  await expect.poll(focused).toContain("channel 2");
  await page.keyboard.press("]");
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "3"]);
  await page.keyboard.press("Escape");
  await expect.poll(() => placeOf(element)).toEqual(["layer", "maps"]);
  await page.keyboard.press("Escape");
  await expect.poll(() => element.getAttribute("view")).toBe("overview");
  await expect.poll(focused).not.toBe("nothing");
});
