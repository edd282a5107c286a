// A layer and a channel, looked at closely: pages of channels, what saturates, what lies before an activation. Against plain loops.
import { expect, type Locator, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { filled, graphOf, op } from "../support/graphs.ts";
import { test } from "./fixtures.ts";
import { clickOn, elementsOf, open as openNetwork, placeOf } from "./looked-at.ts";

const scalar = (value: number) => filled([], () => value);
const channelCount = 70;

/** Seventy channels whose activation is x · sigmoid(x), then ten that are cut off at 0 and at 1: of these the fourth by its bias, almost everywhere. */
const network = encodeModel(
  graphOf({
    inputs: { x: [1, 1, 12, 12] },
    constants: {
      w: filled([channelCount, 1, 3, 3], (i) => Math.sin(i * 2.3)),
      v: filled([10, channelCount, 1, 1], (i) => Math.cos(i) / 8),
      b: filled([10], (i) => (i === 3 ? 2 : 0)),
      low: scalar(0),
      high: scalar(1),
    },
    nodes: [
      op("Conv", "x w", "sum", { pads: [1, 1, 1, 1] }),
      op("Sigmoid", "sum", "gate"),
      op("Mul", "sum gate", "maps"),
      op("Conv", "maps v b", "mixed"),
      op("Clip", "mixed low high", "cut"),
      op("GlobalAveragePool", "cut", "pooled"),
      op("Flatten", "pooled", "scores"),
    ],
    outputs: ["scores"],
  }),
);

/** All elements of a value that is kept. */
const allOf = (element: Locator, value: string): Promise<readonly number[]> =>
  element.evaluate(async (one, name) => {
    const { bytes } = await (one as ConvCam).ask({ kind: "value", value: name });
    return [...new Float32Array(bytes.slice().buffer)];
  }, value);

const open = (page: Page, attributes: Readonly<Record<string, string>>) => openNetwork(page, network, attributes);
const layerOf = { view: "layer", layer: "maps" };

test("a layer of many channels is shown page by page, by buttons and by keys, and the state says which", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer" });
  // The first layer of the overview, and not the sum within it.
  await expect(element.locator(".crumbs [aria-current]")).toHaveText("maps");
  const shown = element.locator(".steps [role=status]");
  await expect(shown).toHaveText("64 of 70 shown, 1 to 64");
  await element.getByRole("button", { name: "Next page" }).click();
  await expect(shown).toHaveText("6 of 70 shown, 65 to 70");
  expect(await element.evaluate((one) => (one as ConvCam).state.page)).toBe("2");
  // A map of the second page is that of its channel.
  const canvas = element.locator(".large canvas");
  await expect(async () => {
    await canvas.evaluate((one) => ((one.getRootNode() as ShadowRoot).host as ConvCam).updateComplete);
    await page.mouse.move(0, 0);
    await canvas.hover({ position: { x: 4, y: 4 } });
    await expect(element.locator(".readout")).toContainText("channel 64 · y 0 · x 0", { timeout: 1000 });
  }).toPass();
  const [wanted] = await elementsOf(element, "maps", [64]);
  expect(Number((await element.locator(".readout").textContent())?.split(" · ").at(-1)?.replace("−", "-"))).toBeCloseTo(
    wanted as number,
    2,
  );
  await element.getByRole("button", { name: "Next page" }).focus();
  await page.keyboard.press("]");
  await expect(shown).toHaveText("64 of 70 shown, 1 to 64");
  await page.keyboard.press("ArrowLeft");
  await expect(shown).toHaveText("6 of 70 shown, 65 to 70");
  await element.getByLabel("Show at once").selectOption("16");
  await expect(shown).toHaveText("16 of 70 shown, 1 to 16");
  await element.getByLabel("Show at once").selectOption("all");
  await expect(shown).toHaveCount(0);
  // Another layer begins with its first page, and a page that there is not is told.
  await element.evaluate((one) => one.setAttribute("page", "7"));
  await expect(element.locator(".instrument > .part-trouble")).toContainText("page '7': 'maps' has 1 of 70 channels");
});

test("before and after an activation stand side by side, the same channels", async ({ sharedPage: page }) => {
  const element = await open(page, { ...layerOf, "page-size": "16", page: "2" });
  await element.getByLabel("Before the activation, too").check();
  await expect(element.locator(".panel .name")).toHaveText(["sum", "maps"]);
  await expect.poll(() => element.evaluate((one) => (one as ConvCam).state.beforeActivation)).toBe("");
  await element.evaluate((one) => (one as ConvCam).updateComplete);
  const boxes = await Promise.all([0, 1].map((i) => element.locator(".panel canvas").nth(i).boundingBox()));
  expect(boxes[0]?.y).toBe(boxes[1]?.y);
  const [before, after] = await Promise.all(["sum", "maps"].map((value) => elementsOf(element, value, [16])));
  before?.forEach((x, i) => expect(after?.[i]).toBeCloseTo(x / (1 + Math.exp(-x)), 4));
  await element.getByLabel("Before the activation, too").uncheck();
  await expect(element.locator(".panel .name")).toHaveText(["maps"]);
});

test("channels that are saturated are counted and named, by what that means for their activation", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "cut" });
  const elements = await elementsOf(element, "cut", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const shares = Array.from({ length: 10 }, (_, c) => elements.slice(c * 144, (c + 1) * 144).filter((x) => x >= 1).length / 144);
  const saturated = shares.flatMap((share, c) => (share > 0.5 ? c : []));
  expect(saturated).toContain(3);
  const side = element.locator(".side");
  await expect(side.locator(".facts > div", { hasText: "saturated channels" }).locator("dd")).toHaveText(`${saturated.length} of 10`);
  await expect(side).toContainText("Saturated, more than half of their elements at 1,");
  await side.getByRole("button", { name: "Channel 3", exact: true }).last().click();
  await expect.poll(() => placeOf(element)).toEqual(["channel", "cut", "3"]);
  await expect(side.locator(".facts > div", { hasText: "share at 1" }).locator("dd")).toHaveText(
    `${Math.round((shares[3] as number) * 100)}%`,
  );
});

test("channels stand by what they do for a class, against the sum of activation times gradient", async ({ sharedPage: page }) => {
  const element = await open(page, { ...layerOf, order: "effect", "explain-class": "4" });
  const side = element.locator(".side");
  await expect(side).toContainText("First what speaks most for class 4");
  await element.evaluate((one) => (one as ConvCam).viewer?.model.observe(["maps", "mixed"]));
  await element.evaluate(
    (one) =>
      new Promise((resolve) => {
        one.addEventListener("results", resolve, { once: true });
        (one as ConvCam).refresh();
      }),
  );
  const [maps, mixed] = await Promise.all([allOf(element, "maps"), allOf(element, "mixed")]);
  // The score is the mean of what lies between 0 and 1, where the gradient goes through.
  const passes = (p: number) => (mixed[4 * 144 + p] as number) > 0 && (mixed[4 * 144 + p] as number) < 1;
  const expected = Array.from({ length: channelCount }, (_, c) => {
    let sum = 0;
    for (let p = 0; p < 144; p++) if (passes(p)) sum += (maps[c * 144 + p] as number) * (Math.cos(4 * channelCount + c) / 8 / 144);
    return sum;
  });
  const found = await element.evaluate((one) => (one as ConvCam).ask({ kind: "effects", value: "maps", class: 4 }));
  expect([found.class, found.classCount, found.effects.length]).toEqual([4, 10, channelCount]);
  found.effects.forEach((effect, c) => expect(effect).toBeCloseTo(expected[c] as number, 4));
  const best = expected.indexOf(Math.max(...expected));
  // The first map is that of the channel that speaks most for it.
  await clickOn(element.locator(".large canvas"), [0.01, 0.01]);
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", `${best}`]);
  await expect(side).toContainText("effect on class 4");
});

test("a channel says where it fires most, outlines it on the map and on the picture, and is laid over the picture", async ({
  sharedPage: page,
}) => {
  const element = await open(page, { view: "channel", layer: "maps", channel: "7" });
  const side = element.locator(".side");
  const places = side.locator(".places li");
  await expect(places).toHaveCount(5);
  const map = await elementsOf(element, "maps", [7]);
  const at = (y: number, x: number) => (y < 0 || x < 0 || y > 11 || x > 11 ? -Infinity : (map[y * 12 + x] as number));
  const peaks = map
    .map((value, i) => ({ value, y: Math.floor(i / 12), x: i % 12 }))
    .filter(({ value, y, x }) => [-1, 0, 1].every((dy) => [-1, 0, 1].every((dx) => at(y + dy, x + dx) <= value)))
    .sort((a, b) => b.value - a.value);
  await expect(places.locator("button")).toHaveText(peaks.slice(0, 5).map(({ y, x }) => `y ${y}, x ${x}`));
  const [best] = peaks;
  const [place] = await element.evaluate((one) => (one as ConvCam).ask({ kind: "strongest", value: "maps", channel: 7, count: 1 }));
  const around = (i: number) => [Math.max(0, i - 1), Math.min(12, i + 2)];
  expect(place).toMatchObject({ y: best?.y, x: best?.x, field: { y: around(best?.y ?? 0), x: around(best?.x ?? 0), isExact: true } });
  // Five on the map, five on the picture.
  await expect(element.locator(".panel").first().locator(".field")).toHaveText(["1", "2", "3", "4", "5"]);
  await expect(element.locator(".panel.picture .field")).toHaveCount(5);

  const slider = side.getByLabel("Over the picture");
  await slider.fill("0.5");
  const over = element.locator(".panel.picture canvas.over-picture");
  await expect(over).toHaveCSS("opacity", "0.5");
  await expect.poll(() => element.evaluate((one) => (one as ConvCam).state.mapOverlay)).toBe("0.5");
  // One pixel for each element, and where the channel fires most none is farther above 0.
  const drawn = await element.evaluate(async (one) => {
    await (one as ConvCam).updateComplete;
    const canvas = one.shadowRoot?.querySelector<HTMLCanvasElement>("canvas.over-picture");
    const viewer = (one as ConvCam).viewer;
    if (!canvas || !viewer) throw new Error("nothing lies over the picture");
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d") as CanvasRenderingContext2D;
    void viewer.frame({ runs: false });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    // Above 0 colours are red, below 0 blue, and the less green the farther from it.
    const colors = Array.from({ length: data.length / 4 }, (_, i) => [...data.subarray(4 * i, 4 * i + 3)] as [number, number, number]);
    const heights = colors.map(([red, green, blue]) => (red > blue ? 255 - green : green - 255));
    return { size: [canvas.width, canvas.height], heights };
  });
  expect(drawn.size).toEqual([12, 12]);
  const highest = Math.max(...drawn.heights);
  expect(highest).toBeGreaterThan(Math.min(...drawn.heights));
  expect(drawn.heights[(best?.y ?? 0) * 12 + (best?.x ?? 0)]).toBe(highest);
  await side.getByLabel("Smooth").check();
  await expect(element.locator(".panel canvas").first()).toHaveCSS("image-rendering", "auto");
  await slider.fill("0");
  await expect(over).toHaveCount(0);

  // Its pattern grows here, and follows to the next channel.
  await side.getByRole("button", { name: "Grow its pattern" }).click();
  await expect(element.locator(".patterns")).toContainText("A pattern");
  await element.getByRole("button", { name: "Next channel" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "8"]);
  await expect.poll(() => element.evaluate((one) => one.getAttribute("pattern-channels"))).toBe("8");
  await page.keyboard.press("Escape");
  await expect.poll(() => element.evaluate((one) => one.getAttribute("patterns"))).toBeNull();

  await element.evaluate((one) => {
    for (const [name, value] of Object.entries({ view: "channel", channel: "7" })) one.setAttribute(name, value);
  });
  await places.first().getByRole("button").click();
  await expect.poll(() => placeOf(element)).toEqual(["pixel", "maps", "7", `${best?.y},${best?.x}`]);
});

test("of several pictures those are kept that excite a channel most, while the live one goes on", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "channel", layer: "maps", channel: "0" });
  const side = element.locator(".side");
  await expect(side.locator(".places li")).toHaveCount(5);
  const before = await elementsOf(element, "maps", [0]);
  // Shades of gray with one white pixel each: the more to the right it stands, the darker the rest is.
  const files = await page.evaluate(async () => {
    const all: { name: string; bytes: number[] }[] = [];
    for (let i = 0; i < 11; i++) {
      const canvas = Object.assign(document.createElement("canvas"), { width: 12, height: 12 });
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = `rgb(${[20 * i, 20 * i, 20 * i].join()})`;
      context.fillRect(0, 0, 12, 12);
      context.fillStyle = "#fff";
      context.fillRect(i, 5, 1, 1);
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
      all.push({ name: `${i}.png`, bytes: [...new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer())] });
    }
    return all;
  });
  const pictures = files.map(({ name, bytes }) => ({ name, mimeType: "image/png", buffer: Buffer.from(bytes) }));
  await side
    .locator('input[type="file"]')
    .first()
    .setInputFiles([...pictures, { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no") }]);
  await expect(side.locator(".search [role=status]")).toContainText("11 pictures tried.");
  await expect(side.locator(".search [role=status]")).toContainText("1 file left out");
  // By a plain loop: the largest of x · sigmoid(x) of the first kernel over each picture.
  const shade = (i: number, y: number, x: number) => (y < 0 || x < 0 || y > 11 || x > 11 ? 0 : y === 5 && x === i ? 1 : (20 * i) / 255);
  const answerOf = (i: number) => {
    let most = -Infinity;
    for (let p = 0; p < 144; p++) {
      let sum = 0;
      for (let k = 0; k < 9; k++) sum += Math.sin(k * 2.3) * shade(i, Math.floor(p / 12) + Math.floor(k / 3) - 1, (p % 12) + (k % 3) - 1);
      most = Math.max(most, sum / (1 + Math.exp(-sum)));
    }
    return most;
  };
  const expected = files.map((_, i) => ({ name: `${i}.png`, answer: answerOf(i) })).sort((a, b) => b.answer - a.answer);
  const found = side.locator(".search .found li");
  await expect(found).toHaveCount(9);
  await expect(found.locator("[title]")).toHaveText(expected.slice(0, 9).map(({ name }) => name));
  const [first] = await found.locator("b").allTextContents();
  expect(Number(first)).toBeCloseTo(expected[0]?.answer ?? 0, 2);
  await expect(found.locator("canvas")).toHaveCount(9);
  // What is shown is still of the live picture.
  expect(await elementsOf(element, "maps", [0])).toEqual(before);
  // Whoever goes elsewhere meanwhile ends the search, and finds what it had found.
  await side
    .locator('input[type="file"]')
    .first()
    .setInputFiles(Array.from({ length: 20 }, () => pictures).flat());
  await expect(side.locator("progress")).toBeVisible();
  await element.evaluate((one) => one.setAttribute("view", "layer"));
  await expect(side.locator(".search")).toHaveCount(0);
  await element.evaluate((one) => one.setAttribute("view", "channel"));
  await expect(side.locator(".search")).toBeVisible();
  await expect(side.locator("progress")).toHaveCount(0);
});

test("layers and looks that are known from elsewhere take one click, and go with another", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview" });
  const presets = element.locator(".presets");
  await presets.getByRole("button", { name: "VGG article" }).click();
  await expect(element.locator(".panel .name")).toHaveText(["maps"]);
  await expect
    .poll(() => element.evaluate((one) => (one as ConvCam).state))
    .toMatchObject({ layers: "maps[0-7]", columns: "8", range: "channel" });
  await element.evaluate((one) => (one as ConvCam).updateComplete);
  const channels = await element.evaluate(
    (one) => (one as ConvCam).viewer?.drawings.find(({ kind }) => kind === "mosaic")?.drawn.layout.channels,
  );
  expect(channels).toBe(8);
  await presets.getByRole("button", { name: "Chollet" }).click();
  await expect(element.locator(".panel .name")).toHaveText(["maps", "cut"]);
  await expect(presets.locator("[aria-pressed=true]")).toContainText("Chollet");
  await presets.getByRole("button", { name: "Convcam" }).click();
  await expect.poll(() => placeOf(element)).toEqual(["layer", "cut"]);
  await expect.poll(() => element.evaluate((one) => one.getAttribute("colormap"))).toBe("gray");
  await presets.getByRole("button", { name: "Convcam" }).click();
  await expect.poll(() => placeOf(element)).toEqual(["overview"]);
  expect(await element.evaluate((one) => (one as ConvCam).state)).not.toHaveProperty("colors");
});

for (const place of ["page", "worker"])
  test(`a map over the picture comes back after it was off, its engine on the ${place}`, async ({ sharedPage: page }) => {
    const worker: Record<string, string> = place === "worker" ? { worker: "" } : {};
    const element = await open(page, { view: "channel", layer: "maps", channel: "7", "map-overlay": "0.5", ...worker });
    // Where the channel is above 0 it is not black.
    const isDrawn = () =>
      element.evaluate(async (one) => {
        await (one as ConvCam).updateComplete;
        const over = one.shadowRoot?.querySelector<HTMLCanvasElement>("canvas.over-picture");
        if (!over) return false;
        const copy = Object.assign(document.createElement("canvas"), { width: over.width, height: over.height });
        const context = copy.getContext("2d") as CanvasRenderingContext2D;
        // On the page a canvas is empty after the task that it was drawn in.
        void (one as ConvCam).viewer?.frame({ runs: false });
        context.drawImage(over, 0, 0);
        const { data } = context.getImageData(0, 0, copy.width, copy.height);
        return copy.width === 12 && data.some((byte, i) => i % 4 !== 3 && byte !== data[i % 4]);
      });
    await expect.poll(isDrawn).toBe(true);
    for (const opacity of ["0", "0.5"]) {
      await element.evaluate((one, given) => {
        one.setAttribute("map-overlay", given);
        return (one as ConvCam).updateComplete;
      }, opacity);
    }
    await expect.poll(isDrawn).toBe(true);
  });
