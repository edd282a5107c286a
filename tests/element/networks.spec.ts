// The instrument on networks of many kinds: what it says of layers, channels and elements, against plain loops in double precision.
import { expect, type Locator } from "@playwright/test";
import { importModel } from "../../src/engine/onnx/import.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { NdArray } from "../../src/reference/array.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { type ColorMap, colorMaps } from "../../src/ui/mosaic/color-map.ts";
import { paletteOf, paletteSize } from "../../src/ui/mosaic/palette.ts";
import { stopsOf } from "../../src/ui/mosaic/rare-colors.ts";
import { channelsOf, fieldOf, type PlainField, statisticsOf, valuesOf, withoutChannel } from "../support/cpu-values.ts";
import { readData } from "../support/data.ts";
import { runReference } from "../support/onnxruntime.ts";
import { type SmallNetwork, smallNetworks } from "../support/small-networks.ts";
import { test } from "./fixtures.ts";
import { ask, open, read, set } from "./small-network.ts";

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
function expectHistogram({ low, high, counts }: { low: number; high: number; counts: readonly number[] }, elements: Float64Array) {
  const rounding = 1e-4 * Math.max(1e-3, high - low);
  const sorted = elements.toSorted();
  /** In elements that are sorted, where the first that is not below a limit stands. */
  const beneath = (limit: number) => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((sorted[middle] as number) < limit) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  let below = 0;
  counts.forEach((count, bin) => {
    below += count;
    const end = low + ((bin + 1) * (high - low)) / counts.length;
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
  const counted = all.filter((x) => !histogram.isWithoutZeros || x !== 0);
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

/** What of the picture an element depends on, as it is asked for and as it is boxed. */
async function expectField(element: Locator, { layer, ...point }: ElementPlace, plain: PlainField, rows: number, columns: number) {
  await expect(async () => {
    const answer = await ask(element, { kind: "element", value: layer, point });
    const field = answer.needs ? undefined : answer.fields.at(-1);
    expect({ y: field?.y, x: field?.x }, layer).toEqual(plain);
  }).toPass();
  const shares = [plain.y[0] / rows, (plain.y[1] - plain.y[0]) / rows, plain.x[0] / columns, (plain.x[1] - plain.x[0]) / columns];
  await expect(async () => {
    const box = element.locator(".panel.picture .field");
    const lengths = await box.evaluate(({ style }: HTMLElement) => [style.top, style.height, style.left, style.width], { timeout: 1000 });
    lengths.forEach((length, i) => expect(Number.parseFloat(length)).toBeCloseTo(100 * (shares[i] as number), 1));
  }).toPass();
}

/** The answer without a channel, and with it again. */
async function expectSilenced(
  element: Locator,
  { layer, channel, answer }: { readonly layer: string; readonly channel: number; readonly answer: string },
  { silenced, plain }: Readonly<Record<"silenced" | "plain", ArrayLike<number>>>,
): Promise<void> {
  await set(element, { view: "channel", layer, channel: `${channel}`, pixel: null });
  for (const [pressed, expected] of [
    ["true", silenced],
    ["false", plain],
  ] as const) {
    const silence = element.getByRole("button", { name: "Silence" });
    await silence.click();
    await expect(silence).toHaveAttribute("aria-pressed", pressed);
    await expect(async () => expectNear([...(await read(element, answer)).data], Array.from(expected), answer)).toPass();
  }
  await expect(element.getByRole("alert").filter({ hasText: /./ })).toHaveCount(0);
}

for (const [title, network] of Object.entries<SmallNetwork>(smallNetworks))
  test(`${title}: layers, elements and a silent channel are as plain loops say`, async ({ sharedPage: page }) => {
    const { graph, layers, answer, channelsLast = [] } = network;
    const element = await open(page, network, { view: "overview", layers: answer });
    const input = graph.inputs[0]?.name ?? "";
    const x = await read(element, input);
    const [rows = 1, columns = 1] = channelsLast.includes(input) ? x.shape.slice(1, 3) : x.shape.slice(2);
    const values = await valuesOf(graph, x, [...new Set([...layers, answer])]);
    for (const layer of layers) {
      const { shape } = values.get(layer) as NdArray;
      const isLast = channelsLast.includes(layer);
      const channels = channelsOf(values.get(layer) as NdArray, isLast);
      await expectLayer(element, layer, channels);

      const [height = 1, width = 1] = isLast ? shape.slice(1, 3) : shape.slice(2);
      const corner = { layer, channel: channels.length - 1, y: height - 1, x: width - 1 };
      const within = { layer, channel: 0, y: Math.floor(height / 2), x: Math.floor(width / 3) };
      for (const place of [corner, within])
        await expectElement(element, place, channels[place.channel]?.[place.y * width + place.x] ?? Number.NaN);
      const at = within.y * width + within.x;
      const plain = await fieldOf(graph, x, layer, isLast ? at * channels.length : at, channelsLast.includes(input));
      await expectField(element, within, plain, rows, columns);
    }

    // Of a channel that has something to say.
    const [layer = ""] = layers;
    const gated = values.get(layer) as NdArray;
    const sums = channelsOf(gated, false).map((channel) => channel.reduce((sum, one) => sum + Math.abs(one), 0));
    const channel = sums.indexOf(Math.max(...sums));
    const without = await valuesOf(withoutChannel(graph, layer, channel, gated), x, [answer]);
    const [silenced, plain] = [without, values].map((some) => (some.get(answer) as NdArray).data) as [Float64Array, Float64Array];
    await expectSilenced(element, { layer, channel, answer }, { silenced, plain });
  });

const squeezenet = readData("models/squeezenet1.1/model.onnx");
if (squeezenet)
  test("SqueezeNet: a layer, an element and a silent channel are as plain loops and ONNX Runtime say", async ({ sharedPage: page }) => {
    const graph = await importModel(squeezenet);
    const first = graph.nodes.find(({ operator }) => operator === "Relu")?.outputs[0] ?? "";
    const fire = graph.nodes.find(({ operator }) => operator === "Concat")?.outputs[0] ?? "";
    const [answer = ""] = graph.outputs;
    const network = { graph, layers: [fire], answer };
    const element = await open(page, network, { view: "overview", layers: fire });
    const x = await read(element, graph.inputs[0]?.name ?? "");
    const values = await valuesOf(graph, x, [first, fire]);
    const channels = channelsOf(values.get(fire) as NdArray, false);
    await expectLayer(element, fire, channels);
    // Of the second branch: a window of 3, behind one of 1 and a pool of 3 by 2, behind one of 3 by 2.
    const place = { layer: fire, channel: 64, y: 20, x: 31 };
    const [, , height = 1, width = 1] = values.get(fire)?.shape ?? [];
    await expectElement(element, place, channels[64]?.[20 * width + 31] ?? Number.NaN);
    await expectField(element, place, { y: [76, 91], x: [120, 135] }, x.shape[2] ?? 1, x.shape[3] ?? 1);
    expect(height).toBe(width);

    const inputs = { [graph.inputs[0]?.name ?? ""]: Tensor.float32(x.shape, Float32Array.from(x.data)) };
    const without = withoutChannel(graph, first, 5, values.get(first) as NdArray);
    const [silenced, plain] = await Promise.all([without, graph].map((one) => runReference(one, inputs)));
    const dataOf = (results: ReadonlyMap<string, Tensor> | undefined) => results?.get(answer)?.toFloat32() ?? [];
    await expectSilenced(element, { layer: first, channel: 5, answer }, { silenced: dataOf(silenced), plain: dataOf(plain) });
  });

/** From low to high, of one channel of `channels`. */
type Range = (channel: Float64Array, channels: readonly Float64Array[]) => readonly [low: number, high: number];

const flat = (channels: readonly Float64Array[]) => channels.flatMap((channel) => [...channel]);

/** The size that a hundredth of the elements other than 0 exceeds. */
function percentileOf(elements: readonly number[]): number {
  const sizes = elements.map(Math.abs).filter((size) => size > 0);
  return sizes.sort((a, b) => b - a)[Math.floor(sizes.length / 100)] ?? 0;
}

const ranges: Readonly<Record<string, Range>> = {
  layer: (_, channels) => [0, Math.max(...flat(channels))],
  robust: (_, channels) => [0, percentileOf(flat(channels))],
  channel: (channel) => [0, Math.max(...channel)],
  "channel-robust": (channel) => [0, percentileOf([...channel])],
  chollet: (channel) => {
    const { mean, deviation } = statisticsOf(channel);
    return [mean - 2 * deviation, mean + (127 / 64) * deviation];
  },
  "0.1..0.9": () => [0.1, 0.9],
};

/** The pixel in the middle of every element, channel by channel, drawn anew in the task that reads it: later a canvas is empty. */
const pixelsOf = (element: Locator) =>
  element.evaluate(async (one) => {
    const { viewer } = one as ConvCam;
    const canvas = one.shadowRoot?.querySelector<HTMLCanvasElement>(".panel canvas");
    if (!viewer || !canvas) throw new Error("nothing is drawn");
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d") as CanvasRenderingContext2D;
    void viewer.frame({ runs: false });
    context.drawImage(canvas, 0, 0);
    const layout = viewer.mosaicOn(canvas)?.layout;
    if (!layout) throw new Error("there is no mosaic");
    const { channels, columns, tileWidth, tileHeight, mapWidth, mapHeight, gap } = layout;
    return Array.from({ length: channels }, (_, channel) =>
      Array.from({ length: mapHeight * mapWidth }, (__, i) => {
        const left = (channel % columns) * (tileWidth + gap) + ((i % mapWidth) + 0.5) * (tileWidth / mapWidth);
        const top = Math.floor(channel / columns) * (tileHeight + gap) + (Math.floor(i / mapWidth) + 0.5) * (tileHeight / mapHeight);
        return [...context.getImageData(Math.floor(left), Math.floor(top), 1, 1).data.subarray(0, 3)];
      }),
    );
  });

interface Look {
  readonly normalize: string;
  readonly colormap: ColorMap;
  readonly gamma?: string;
}

/** The colour at a share of a range; of a map with 0 in its middle, each half is bent from there on. */
function colorIn(map: ColorMap, share: number, gamma: number): number[] {
  // The table holds so many of a range.
  const place = Math.round(share * (paletteSize - 1)) / (paletteSize - 1);
  const side = 2 * place - 1;
  return colorAt(map, map === "diverging" ? (1 + Math.sign(side) * Math.abs(side) ** gamma) / 2 : place ** gamma);
}

/** The colour at a share of a map. */
function colorAt(map: ColorMap, share: number): number[] {
  const palette = paletteOf({ stops: stopsOf(map) }, [0, 0, 0, 0]);
  const word = palette[Math.round(Math.min(1, Math.max(0, share)) * (paletteSize - 1))] ?? 0;
  return [word & 255, (word >> 8) & 255, (word >> 16) & 255];
}

test("every range and every colour map draws the pixels that plain loops compute", async ({ sharedPage: page }) => {
  const network = smallNetworks["a network with a fire module"];
  const element = await open(page, network, { layers: "narrow" });
  const channels = channelsOf((await valuesOf(network.graph, await read(element, "x"), ["narrow"])).get("narrow") as NdArray, false);
  const looks: readonly Look[] = [
    ...Object.keys(ranges).map((normalize) => ({ normalize, colormap: "gray" as ColorMap })),
    ...colorMaps.map((colormap) => ({ normalize: "layer", colormap })),
    ...(["gray", "diverging"] as const).map((colormap) => ({ normalize: "layer", colormap, gamma: "0.5" })),
  ];
  for (const { normalize, colormap, gamma } of looks) {
    await set(element, { normalize, colormap, gamma: gamma ?? null });
    await expect(async () => {
      const pixels = await pixelsOf(element);
      expect(pixels.length).toBe(channels.length);
      channels.forEach((channel, c) => {
        const [least, high] = (ranges[normalize] as Range)(channel, channels);
        // 0 has the colour in the middle.
        const low = colormap === "diverging" ? -high : least;
        channel.forEach((x, i) => {
          const expected = colorIn(colormap, high > low ? (x - low) / (high - low) : 0, Number(gamma ?? 1));
          const furthest = Math.max(...expected.map((part, k) => Math.abs(part - (pixels[c]?.[i]?.[k] ?? Number.NaN))));
          expect(
            furthest,
            `${normalize}, ${colormap} ${gamma}, element ${i} of channel ${c}: ${pixels[c]?.[i]} instead of ${expected}`,
          ).toBeLessThan(gamma ? 8 : 3);
        });
      });
    }).toPass();
  }
});
