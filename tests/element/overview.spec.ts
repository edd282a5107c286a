// The overview by keyboard, and what it says where it is changed under somebody's hands.
import { expect, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { filled, graphOf, op } from "../support/graphs.ts";
import { test } from "./fixtures.ts";
import { look, open as openNetwork } from "./looked-at.ts";

const weights = (extents: readonly number[]) => filled(extents, (i) => Math.sin(i * 2.3));

const fires = Array.from({ length: 9 }, (_, i) => `fire${i + 1}`);

/** A network of more nodes than are shown at once: its modules are shown as one each. */
const blocks = encodeModel(
  graphOf({
    inputs: { x: [1, 4, 8, 8] },
    constants: Object.fromEntries(
      fires.flatMap((name) => [
        [`${name}.squeeze.weight`, weights([2, 4, 1, 1])],
        [`${name}.one.weight`, weights([2, 2, 1, 1])],
        [`${name}.three.weight`, weights([2, 2, 3, 3])],
      ]),
    ),
    nodes: [
      ...fires.flatMap((name, i) => [
        op("Conv", `${fires[i - 1] ?? "x"} ${name}.squeeze.weight`, `${name}.squeeze`),
        op("Conv", `${name}.squeeze ${name}.one.weight`, `${name}.one`),
        op("Conv", `${name}.squeeze ${name}.three.weight`, `${name}.three`, { pads: [1, 1, 1, 1] }),
        op("Concat", `${name}.one ${name}.three`, name, { axis: 1 }),
      ]),
      op("GlobalAveragePool", "fire9", "scores"),
    ],
    outputs: ["scores"],
  }),
);

/** Two layers of four and three channels, none of which is silent. */
const layers = encodeModel(
  graphOf({
    inputs: { x: [1, 1, 12, 12] },
    constants: { w: weights([4, 1, 3, 3]), v: weights([3, 4, 1, 1]) },
    nodes: [
      op("Conv", "x w", "sum", { pads: [1, 1, 1, 1] }),
      op("Relu", "sum", "maps"),
      op("Conv", "maps v", "mixed"),
      op("GlobalAveragePool", "mixed", "scores"),
    ],
    outputs: ["scores"],
  }),
);

const open = (page: Page, attributes: Readonly<Record<string, string>>) => openNetwork(page, layers, attributes);

test("whoever folds and unfolds by keyboard keeps the focus", async ({ sharedPage: page }) => {
  const element = await openNetwork(page, blocks, { view: "overview", layers: "scores" });
  const band = element.locator(".band");
  await band.getByRole("button", { name: "Unfold all" }).press("Enter");
  await expect(band.getByRole("button", { name: "Fold all" })).toBeFocused();
  await band.getByRole("button", { name: "Fold all" }).press("Enter");
  await expect(band.getByRole("button", { name: "Unfold all" })).toBeFocused();
  const unfold = band.locator(".band-unfold").last();
  const id = await unfold.getAttribute("data-fold");
  await unfold.press("Enter");
  await expect(band.locator(`.band-frame [data-fold="${id}"]`)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(band.locator(`.band-unfold[data-fold="${id}"]`)).toBeFocused();
});

test("a name that is being typed stays where it is while the numbers change that the table is sorted by", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview", layers: "scores" });
  const band = element.locator(".band");
  await band.getByRole("button", { name: "Table" }).click();
  await band.getByRole("button", { name: "Silent" }).click();
  await expect(band.locator("tbody tr td:nth-last-child(2)")).toHaveText(["0", "0", "0"]);
  await band.getByRole("button", { name: "Rename mixed for display" }).click();
  await page.keyboard.type("hel");
  await element.evaluate((one) => {
    (one as ConvCam).gates = [{ value: "mixed", scale: 0 }];
  });
  await expect(band.locator("tbody tr", { has: page.locator("input") }).locator("td:nth-last-child(2)")).toHaveText("3");
  await page.keyboard.type("lo");
  await expect(band.locator(".rename-field")).toHaveValue("hello");
  await page.keyboard.press("Enter");
  await expect(band.locator("tbody th").first()).toHaveText("hello mixed");
  // Somebody on a row goes along with it.
  const save = band.getByRole("button", { name: "Save hello as CSV" }).or(band.getByRole("button", { name: "Save mixed as CSV" }));
  await save.focus();
  await element.evaluate((one) => {
    (one as ConvCam).gates = [{ value: "maps", scale: 0 }];
  });
  await expect(band.locator("tbody th").first()).toHaveText("maps");
  await expect(save).toBeFocused();
});

test("the page stays where it is while an element below its first screen opens at a layer", async ({ sharedPage: page }) => {
  await page.evaluate(() => {
    document.body.style.paddingTop = "3000px";
  });
  const element = await open(page, { view: "layer", layer: "scores" });
  await expect(element.locator(".band [aria-current]").first()).toBeAttached();
  expect(await page.evaluate(() => scrollY)).toBe(0);
  await page.evaluate(() => {
    document.body.style.paddingTop = "";
  });
});

test("the sentence about a layer tells all of it where no overview is shown", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps", hide: "overview" });
  await expect(element.locator(".instrument > .about-layer")).toContainText(/^A convolution: .* ReLU: /);
});

test("of two networks it is said which one is changed", async ({ sharedPage: page }) => {
  const attributes = { view: "layer", layer: "maps", "compare-names": "before | after" };
  const element = await look(page, layers, attributes, layers);
  await element.evaluate((one) => {
    (one as ConvCam).gates = [{ value: "maps", channel: 1, scale: 0 }];
  });
  await expect(element.locator(".changes")).toContainText("1 channel changed in before alone: maps silenced 1");
  await element.evaluate((one) => {
    (one as ConvCam).compare = undefined;
  });
  await expect(element.locator(".changes")).toContainText("1 channel changed: maps silenced 1");
});

test("the graph is zoomed by buttons, keys and the wheel with Ctrl, and goes back", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview", layers: "scores" });
  const band = element.locator(".band");
  const node = band.locator(".band-node").first();
  const widthOf = async () => ((await node.boundingBox()) as { width: number }).width;
  await expect(node).toBeVisible();
  const plain = await widthOf();
  await band.getByRole("button", { name: "Larger" }).click();
  await expect.poll(widthOf).toBeCloseTo(plain * 1.25, 0);
  await band.getByRole("button", { name: "Smaller" }).press("Enter");
  await expect.poll(widthOf).toBeCloseTo(plain, 0);
  await band.locator(".band-node > [data-id]").first().focus();
  await page.keyboard.press("-");
  await expect.poll(widthOf).toBeCloseTo(plain / 1.25, 0);
  await page.keyboard.press("0");
  await expect.poll(widthOf).toBeCloseTo(plain, 0);
  await node.hover();
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  await expect.poll(widthOf).toBeCloseTo(plain * 2, 0);
  // Its thumbnails have the pixels of that size.
  await expect
    .poll(() =>
      band
        .locator(".sheet")
        .first()
        .evaluate((canvas: HTMLCanvasElement) => canvas.height),
    )
    .toBeGreaterThanOrEqual(128);
});

for (const width of [1240, 700, 480])
  test(`in a window of ${width} pixels a node that is pointed at moves nothing, whatever is said of it`, async ({ sharedPage: page }) => {
    await page.setViewportSize({ width, height: 900 });
    const element = await open(page, { view: "overview" });
    const band = element.locator(".band");
    const heightOf = () => band.evaluate((one) => one.getBoundingClientRect().height);
    await expect(band.locator(".band-node [data-id]").nth(1)).toBeVisible();
    const before = await heightOf();
    await expect(band.locator(".about-layer")).toHaveText("Point at a layer, or choose it, to read here what it does.");
    await band.locator(".band-node [data-id]").nth(1).hover();
    await expect(band.locator(".about-layer")).toContainText("A convolution:");
    expect(await heightOf()).toBe(before);
    // The longest of all, with a way to more.
    await band.locator(".about-layer").evaluate(async (line) => {
      line.textContent = `${"A layer of which much is said ".repeat(8)}Learn more`;
    });
    expect(await heightOf()).toBe(before);
  });

test("the sentence about a layer is said once, above its maps, also where its node has been pointed at", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview" });
  await element.locator(".band-node [data-id]").nth(1).hover();
  await expect(element.locator(".band > .about-layer")).toBeVisible();
  await expect(element.locator(".band > .about-layer")).toContainText("A convolution:");
  await element.locator(".band-node [data-id]").nth(1).click();
  await expect(element.locator(".instrument > .about-layer")).toContainText("A convolution:");
  await expect(element.locator(".band > .about-layer")).toBeHidden();
});

test("in a narrow window the way to an element can be read in full", async ({ sharedPage: page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const element = await open(page, { view: "pixel", layer: "maps", channel: "1", pixel: "3,4" });
  const steps = element.locator(".crumbs li > *");
  await expect(steps).toHaveText(["All layers", "maps", "channel 1", "y 3, x 4"]);
  expect(await steps.evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent))).toEqual(
    [],
  );
});
