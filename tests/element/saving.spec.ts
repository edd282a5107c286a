// What is taken along is what is seen: a channel with its map over the picture, or without edges; the explained picture; and values that are not shown.
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";
import sharp from "sharp";
import { decodeNpy } from "../../src/engine/npy.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import type { PictureWish } from "../../src/ui/export/request.ts";
import { filled, graphOf, op } from "../support/graphs.ts";
import { test } from "./fixtures.ts";
import { look, open as openNetwork } from "./looked-at.ts";

const network = encodeModel(
  graphOf({
    inputs: { x: [1, 1, 12, 12] },
    constants: { w: filled([4, 1, 3, 3], (i) => Math.sin(i * 2.3)), v: filled([3, 4, 1, 1], (i) => Math.cos(i)) },
    nodes: [
      op("Conv", "x w", "sum", { pads: [1, 1, 1, 1] }),
      op("Relu", "sum", "maps"),
      op("Conv", "maps v", "mixed"),
      op("GlobalAveragePool", "mixed", "pooled"),
      op("Flatten", "pooled", "scores"),
    ],
    outputs: ["scores"],
  }),
);

const open = (page: Page, attributes: Readonly<Record<string, string>>) => openNetwork(page, network, attributes);

/** A picture that is kept, as pixels. */
async function keep(element: Locator, wish: PictureWish) {
  // As text: Playwright wraps every element of an array.
  const url = await element.evaluate(async (one, asked) => {
    await (one as ConvCam).updateComplete;
    const picture = await (one as ConvCam).ask({ kind: "picture", ...asked });
    return new Promise<string>((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result as string);
      reader.readAsDataURL(picture);
    });
  }, wish);
  const { data, info } = await sharp(Buffer.from(url.slice(url.indexOf(",") + 1), "base64"))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

const canvasSize = (element: Locator, selector: string) =>
  element.evaluate((one, name) => {
    const canvas = one.shadowRoot?.querySelector<HTMLCanvasElement>(name);
    return { width: canvas?.width ?? 0, height: canvas?.height ?? 0 };
  }, selector);

async function save(page: Page, button: Locator) {
  const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

test("a channel is saved as its map alone, also while that lies over the picture, and large where it has no edges", async ({
  sharedPage: page,
}) => {
  const element = await open(page, { view: "channel", layer: "maps", channel: "1", "map-overlay": "0.5" });
  await expect(element.locator("canvas.over-picture")).toHaveCount(1);
  const map = await keep(element, { values: ["maps"] });
  expect({ width: map.width, height: map.height }).toEqual(await canvasSize(element, ".large:not(.picture) .mosaic"));
  // On a sheet it lies where it is seen: over the picture.
  const sheets = [await keep(element, { isSheet: true }), await keep(element, { isSheet: true, mapOverlay: 0.5 })];
  expect(sheets.map(({ width, height }) => [width, height])).toEqual([0, 1].map(() => [sheets[0]?.width, sheets[0]?.height]));
  const isColored = ({ data }: { readonly data: Buffer }, from: number, to: number, width: number) => {
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      const x = (i / 4) % width;
      if (x >= from && x < to && Math.abs((data[i] as number) - (data[i + 2] as number)) > 12) count++;
    }
    return count;
  };
  const [plain, laid] = sheets as [(typeof sheets)[number], (typeof sheets)[number]];
  // The picture is grey, and stands at the right of the map.
  const at = map.width + 2 * 12;
  expect(isColored(plain, at, plain.width, plain.width)).toBe(0);
  expect(isColored(laid, at, laid.width, laid.width)).toBeGreaterThan(1000);

  await element.evaluate((one) => one.toggleAttribute("smooth", true));
  await expect.poll(async () => (await canvasSize(element, ".large:not(.picture) .mosaic")).width).toBe(12);
  const smooth = await keep(element, { values: ["maps"] });
  expect(Math.min(smooth.width, smooth.height)).toBeGreaterThanOrEqual(512);
  expect(smooth.width % 12).toBe(0);
  // Between two elements there is what lies between their colours.
  const colors = new Set(Array.from({ length: smooth.width }, (_, x) => smooth.data.readUInt32LE(4 * (smooth.width * 20 + x))));
  expect(colors.size).toBeGreaterThan(24);
});

test("what is off the screen is saved as well, with the range of its own picture", async ({ sharedPage: page }) => {
  const element = await look(page, network, { layers: "maps, mixed", style: "margin-top: 5000px" });
  await expect(element.locator(".panel")).toHaveCount(2);
  const { data } = await keep(element, { values: ["maps"] });
  expect(new Set(Array.from({ length: data.length / 4 }, (_, i) => data.readUInt32LE(4 * i))).size).toBeGreaterThan(10);
  await element.evaluate((one) => one.removeAttribute("style"));
});

test("a file is called by its network, layer and channel", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "channel", layer: "maps", channel: "1" });
  await element.evaluate((one) => {
    const bytes = (one as ConvCam).src as Uint8Array<ArrayBuffer>;
    (one as ConvCam).src = new File([bytes], "small net.onnx");
  });
  const buttons = element.locator(".side .saves");
  await expect(element.locator(".side .places li")).not.toHaveCount(0);
  expect((await save(page, buttons.getByRole("button", { name: "Save as PNG" }))).name).toBe("small_net-maps-channel-1.png");
  expect((await save(page, buttons.getByRole("button", { name: "Save as CSV" }))).name).toBe("small_net-maps-channel-1.csv");
  await element.evaluate((one) => one.setAttribute("view", "layer"));
  await expect(element.locator(".side")).toContainText("silent channels");
  expect((await save(page, buttons.getByRole("button", { name: "Save as .npy" }))).name).toBe("small_net-maps.npy");
});

test("the explained picture is saved as it is drawn, of all layers with their names, and stands on the sheet", async ({
  sharedPage: page,
}) => {
  const element = await open(page, { layers: "maps", explain: "grad-cam", "explain-class": "1" });
  const why = element.locator(".why");
  await expect(why.locator(".why-title")).toHaveText("Why class 1?");
  const { name, bytes } = await save(page, why.getByRole("button", { name: "Save as PNG" }));
  expect(name).toBe("network-mixed-grad-cam-class_1.png");
  const difference = await element.evaluate(
    async (one, png) => {
      const saved = await createImageBitmap(new Blob([new Uint8Array(png)]));
      const canvas = one.shadowRoot?.querySelector<HTMLCanvasElement>(".heat");
      const { viewer } = one as ConvCam;
      if (!canvas || !viewer) throw new Error("no canvas");
      const pixels = (source: CanvasImageSource) => {
        const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
        const context = copy.getContext("2d") as CanvasRenderingContext2D;
        context.drawImage(source, 0, 0);
        return context.getImageData(0, 0, copy.width, copy.height).data;
      };
      void viewer.frame({ runs: false });
      const [drawn, kept] = [pixels(canvas), pixels(saved)];
      const most = drawn.reduce((largest, part, i) => Math.max(largest, Math.abs(part - (kept[i] as number))), 0);
      return { isSameSize: saved.width === canvas.width && saved.height === canvas.height, most, colors: new Set(kept).size };
    },
    [...bytes],
  );
  expect(difference.isSameSize).toBe(true);
  expect(difference.most).toBeLessThanOrEqual(2);
  expect(difference.colors).toBeGreaterThan(20);

  const { width: heat } = await canvasSize(element, ".heat");
  const { width: map } = await canvasSize(element, ".panel .mosaic");
  const sheet = await keep(element, { isSheet: true });
  const rowOf = (y: number) => Array.from({ length: sheet.width }, (_, x) => sheet.data[4 * (y * sheet.width + x)] !== 255);
  // Beside each other, below their names.
  expect(rowOf(40).lastIndexOf(true)).toBeGreaterThan(heat + map);
  await element.evaluate((one) => one.setAttribute("explain-layer", "all"));
  await expect(why.locator(".why-tile")).toHaveCount(2);
  await expect(why).not.toHaveClass(/pending/);
  expect((await save(page, why.getByRole("button", { name: "Save as PNG" }))).name).toBe("network-all-layers-grad-cam-class_1.png");
  await element.evaluate((one) => one.removeAttribute("explain"));
  await element.evaluate((one) => (one as ConvCam).updateComplete);
  const problem = await element.evaluate((one) => (one as ConvCam).ask({ kind: "explanation" }).catch((error: Error) => error.message));
  expect(problem).toContain("nothing is explained");
});

for (const place of ["on the page", "in a worker"])
  test(`values that are not shown are saved, too, and what is shown stays: ${place}`, async ({ sharedPage: page }) => {
    const element = await look(page, network, {
      layers: "maps",
      view: "overview",
      hide: "overview",
      ...(place === "in a worker" && { worker: "" }),
    });
    const mixed = () =>
      element.evaluate(async (one) => {
        const { shape, bytes } = await (one as ConvCam).ask({ kind: "value", value: "mixed" });
        return { shape, elements: [...new Float32Array(bytes.slice().buffer)] };
      });
    const beside = await mixed();
    expect(beside.shape).toEqual([1, 3, 12, 12]);
    const maps = await element.evaluate(async (one) => {
      const { bytes } = await (one as ConvCam).ask({ kind: "value", value: "maps" });
      return [...new Float32Array(bytes.slice().buffer)];
    });
    beside.elements.forEach((element, i) => {
      const [channel, at] = [Math.floor(i / 144), i % 144];
      const sum = [0, 1, 2, 3].reduce((total, c) => total + Math.cos(channel * 4 + c) * (maps[c * 144 + at] as number), 0);
      expect(element).toBeCloseTo(sum, 4);
    });
    const sheet = await keep(element, { values: ["maps", "mixed", "scores"], isSheet: true });
    expect(sheet.width).toBe(1600);
    const one = await keep(element, { values: ["mixed"] });
    expect([one.width, one.height].every((length) => length >= 36 && length <= 288)).toBe(true);
    const problem = await element.evaluate((host) =>
      (host as ConvCam).ask({ kind: "picture", values: ["nowhere"] }).catch((error: Error) => error.message),
    );
    expect(problem).toBe("picture: this network has no value 'nowhere'.");
    await expect(element.locator(".panel .name")).toHaveText(["maps"]);
  });

test("the table saves any layer, and says so", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "overview", layers: "maps" });
  const band = element.locator(".band");
  await band.getByRole("button", { name: "Table" }).click();
  const { name, bytes } = await save(page, band.getByRole("button", { name: "Save mixed as .npy" }));
  expect([name, decodeNpy(bytes).shape]).toEqual(["network-mixed.npy", [1, 3, 12, 12]]);
  await expect(band.getByRole("status").filter({ hasText: "Saved mixed." })).toBeVisible();
  const png = await save(page, band.getByRole("button", { name: "Save scores as PNG" }));
  expect((await sharp(png.bytes).metadata()).format).toBe("png");
  const csv = await save(page, band.getByRole("button", { name: "Save maps as CSV" }));
  expect(csv.bytes.toString().split("\r\n")[0]).toBe("axis 0,axis 1,axis 2,axis 3,value");
});
