// The instrument on networks of many kinds: what it says of layers, channels and elements, against plain loops in double precision.
import { expect, type Locator, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { NdArray } from "../../src/reference/array.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import type { Query } from "../../src/ui/session/queries.ts";
import { channelsOf, fieldOf, statisticsOf, valuesOf, withoutChannel } from "../support/cpu-values.ts";
import { type SmallNetwork, smallNetworks } from "../support/small-networks.ts";
import { test, visit } from "./fixtures.ts";

type Attributes = Readonly<Record<string, string | null>>;

/** Opens an element that looks at a picture of as many pixels as its network takes. */
async function open(page: Page, { graph, channelsLast }: SmallNetwork, attributes: Attributes): Promise<Locator> {
  const shape = graph.inputs[0]?.shape.map(Number) ?? [];
  const [height, width] = channelsLast?.includes(graph.inputs[0]?.name ?? "") ? shape.slice(1, 3) : shape.slice(2);
  await visit(page, "one");
  await page.evaluate(
    async ([bytes, given, [rows, columns]]) => {
      await customElements.whenDefined("conv-cam");
      const element = document.querySelector("conv-cam") as ConvCam;
      for (const name of element.getAttributeNames()) element.removeAttribute(name);
      for (const [name, value] of Object.entries(given)) element.setAttribute(name, value as string);
      const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      for (let i = 0; i < rows * columns; i++) {
        context.fillStyle = `rgb(${(i * 37) % 256} ${(i * 101) % 256} ${(i * i) % 256})`;
        context.fillRect(i % columns, Math.floor(i / columns), 1, 1);
      }
      element.input = canvas;
      const drawn = new Promise((resolve) => element.addEventListener("frame", resolve, { once: true }));
      element.src = new Uint8Array(bytes);
      await drawn;
    },
    [[...encodeModel(graph)], attributes, [height ?? 1, width ?? 1]] as const,
  );
  return page.locator("conv-cam");
}

const set = (element: Locator, attributes: Attributes) =>
  element.evaluate((one, given) => {
    for (const [name, value] of Object.entries(given)) value === null ? one.removeAttribute(name) : one.setAttribute(name, value);
    return (one as ConvCam).updateComplete;
  }, attributes);

const ask = <Kind extends Query["kind"]>(element: Locator, query: Extract<Query, { kind: Kind }>) =>
  element.evaluate((one, asked) => (one as ConvCam).ask(asked as never) as never, query) as Promise<
    import("../../src/ui/session/queries.ts").Answers[Kind]
  >;

/** A value as it is on the GPU. */
async function read(element: Locator, value: string): Promise<NdArray> {
  const { shape, words } = await element.evaluate(async (one, name) => {
    const taken = await (one as ConvCam).ask({ kind: "value", value: name });
    return { shape: taken.shape, words: [...new Float32Array(taken.bytes.slice().buffer)] };
  }, value);
  return { dtype: "float32", shape, data: Float64Array.from(words) };
}

/** Numbers as they are written on the page. */
const numbersIn = (text: string) => (text.replaceAll("−", "-").match(/-?[\d.]+(e[-+]?\d+)?/g) ?? []).map(Number);

/** What stands beside a name. */
const factOf = (element: Locator, name: string) =>
  element.locator(".side dt").getByText(name, { exact: true }).locator("xpath=following-sibling::dd").textContent();

/** Within four digits, and within rounding of numbers around 1. */
function expectNear(actual: readonly number[], expected: readonly number[], what: string): void {
  expect(actual.length, what).toBe(expected.length);
  actual.forEach((x, i) => {
    const wanted = expected[i] as number;
    expect(Math.abs(x - wanted), `${what}: ${actual} instead of ${expected}`).toBeLessThanOrEqual(1e-3 * Math.abs(wanted) + 2e-5);
  });
}

/** How many elements lie below each of the bins' ends, up to rounding at the ends. */
function expectHistogram({ low, high, counts }: { low: number; high: number; counts: readonly number[] }, elements: readonly number[]) {
  const rounding = 1e-4 * Math.max(1e-3, high - low);
  let below = 0;
  counts.forEach((count, bin) => {
    below += count;
    const end = low + ((bin + 1) * (high - low)) / counts.length;
    const beneath = (limit: number) => elements.filter((x) => x < limit).length;
    expect(below, `up to bin ${bin}`).toBeGreaterThanOrEqual(beneath(end - rounding));
    if (bin < counts.length - 1) expect(below, `up to bin ${bin}`).toBeLessThanOrEqual(beneath(end + rounding));
  });
  expect(below).toBe(elements.length);
}

async function expectLayer(element: Locator, layer: string, channels: readonly Float64Array[]): Promise<void> {
  await set(element, { view: "layer", layer, channel: null, pixel: null });
  const all = Float64Array.from(channels.flatMap((channel) => [...channel]));
  const { low, high, mean, deviation, zeroShare } = statisticsOf(all);
  await expect(async () => {
    expectNear(numbersIn((await factOf(element, "mean · deviation")) ?? ""), [mean, deviation], `${layer}: mean · deviation`);
    expectNear(numbersIn((await factOf(element, "least · largest")) ?? ""), [low, high], `${layer}: least · largest`);
    const [zeros = Number.NaN] = numbersIn((await factOf(element, "share of zeros")) ?? "");
    expect(Math.abs(zeros - 100 * zeroShare)).toBeLessThanOrEqual(1);
    const silent = channels.filter((channel) => channel.every((x) => x === 0)).length;
    expect(await factOf(element, "silent channels")).toBe(`${silent} of ${channels.length}`);
  }).toPass();
  const summaries = await ask(element, { kind: "statistics", value: layer });
  for (const [i, summary] of summaries.entries()) {
    const plain = statisticsOf(channels[i] ?? new Float64Array());
    for (const name of ["low", "high", "mean", "deviation", "zeroShare"] as const)
      expectNear([summary[name]], [plain[name]], `${layer}: ${name} of channel ${i}`);
  }
  const histogram = await ask(element, { kind: "histogram", value: layer });
  const counted = [...all].filter((x) => !histogram.isWithoutZeros || x !== 0);
  expectHistogram(histogram, counted);
  await expect(element.locator(".side .histogram rect")).toHaveCount(histogram.counts.length);
}

interface ElementPlace {
  readonly layer: string;
  readonly channel: number;
  readonly y: number;
  readonly x: number;
}

/** The number that is shown, and that of the formula. */
async function expectElement(element: Locator, { layer, channel, y, x }: ElementPlace, expected: number): Promise<void> {
  await set(element, { view: "pixel", layer, channel: `${channel}`, pixel: `${y},${x}` });
  await expect(async () => {
    expectNear(
      numbersIn((await element.locator(".side .check").textContent({ timeout: 1000 })) ?? ""),
      [expected, expected],
      `${layer} ${channel} ${y} ${x}`,
    );
  }).toPass();
  await expect(element.locator(".side .check")).toContainText("✓");
}

for (const [title, network] of Object.entries<SmallNetwork>(smallNetworks))
  test(`${title}: layers, elements and a silent channel are as plain loops say`, async ({ sharedPage: page }) => {
    const { graph, layers, answer, channelsLast = [] } = network;
    const element = await open(page, network, { view: "overview", layers: answer });
    const input = graph.inputs[0]?.name ?? "";
    const x = await read(element, input);
    const values = await valuesOf(graph, x);
    const shapeOf = (value: string) => values.get(value)?.shape ?? [];

    for (const layer of layers) {
      const isLast = channelsLast.includes(layer);
      const channels = channelsOf(values.get(layer) as NdArray, isLast);
      await expectLayer(element, layer, channels);

      const [height = 1, width = 1] = isLast ? shapeOf(layer).slice(1, 3) : shapeOf(layer).slice(2);
      const places = [
        { layer, channel: channels.length - 1, y: height - 1, x: width - 1 },
        { layer, channel: 0, y: Math.floor(height / 2), x: Math.floor(width / 3) },
      ];
      for (const place of places) await expectElement(element, place, channels[place.channel]?.[place.y * width + place.x] ?? Number.NaN);

      // The receptive field, where something can be left out.
      const place = places[1] as ElementPlace;
      const index = isLast
        ? (place.y * width + place.x) * channels.length + place.channel
        : (place.channel * height + place.y) * width + place.x;
      const plain = await fieldOf(graph, x, layer, index, channelsLast.includes(input));
      const shown = await ask(element, { kind: "element", value: layer, point: place });
      const field = shown.needs ? undefined : shown.fields.find(({ value }) => value === input);
      expect({ y: field?.y, x: field?.x }, layer).toEqual(plain);
      const [rows = 1, columns = 1] = channelsLast.includes(input) ? x.shape.slice(1, 3) : x.shape.slice(2);
      const percents = [plain.y[0] / rows, (plain.y[1] - plain.y[0]) / rows, plain.x[0] / columns, (plain.x[1] - plain.x[0]) / columns];
      await expect(async () => {
        const box = element.locator(".panel.picture .field");
        const lengths = await box.evaluate(({ style }: HTMLElement) => [style.top, style.height, style.left, style.width], {
          timeout: 1000,
        });
        lengths.forEach((length, i) => expect(Number.parseFloat(length)).toBeCloseTo(100 * (percents[i] as number), 1));
      }).toPass();
    }

    // Of a channel that has something to say.
    const [gated = ""] = layers;
    const plain = values.get(gated) as NdArray;
    const sums = channelsOf(plain, false).map((channel) => channel.reduce((sum, one) => sum + Math.abs(one), 0));
    const channel = sums.indexOf(Math.max(...sums));
    const without = (await valuesOf(withoutChannel(graph, gated, channel, plain), x)).get(answer) as NdArray;
    await set(element, { view: "channel", layer: gated, channel: `${channel}`, pixel: null });
    for (const [pressed, expected] of [
      ["true", without],
      ["false", values.get(answer) as NdArray],
    ] as const) {
      const silence = element.getByRole("button", { name: "Silence" });
      await silence.click();
      await expect(silence).toHaveAttribute("aria-pressed", pressed);
      await expect(async () => expectNear([...(await read(element, answer)).data], [...expected.data], answer)).toPass();
    }
    await expect(element.getByRole("alert").filter({ hasText: /./ })).toHaveCount(0);
  });
