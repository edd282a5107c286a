// <conv-cam explain>: heat over the picture, the class chosen by a bar, what is said meanwhile, and what is said when it cannot be.
import { expect, type Page } from "@playwright/test";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import type { ConvCamEvents } from "../../src/ui/events.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { test, visit } from "./fixtures.ts";

type Explained = ConvCamEvents["explain"];

const mnist = "/models/mnist-trained.onnx";

/** Opens elements by id, each with a drawing of a 1, these attributes and a network. */
async function open(page: Page, ids: readonly string[], attributes: Readonly<Record<string, string>>, network: Graph | string = mnist) {
  await visit(page, "worker-mode");
  const source = typeof network === "string" ? network : [...encodeModel(network)];
  await page.evaluate(
    async ([names, given, src]) => {
      await customElements.whenDefined("conv-cam");
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 28;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#fff";
      context.fillRect(12, 4, 3, 20);
      for (const id of names as string[]) {
        const element = document.getElementById(id) as ConvCam;
        const seen: Explained[] = [];
        Object.assign(element, { seen });
        element.addEventListener("explain", (event) => void seen.push((event as CustomEvent<Explained>).detail));
        for (const [name, value] of Object.entries(given as Record<string, string>)) element.setAttribute(name, value);
        element.input = canvas;
        element.src = typeof src === "string" ? src : new Uint8Array(src as number[]);
      }
    },
    [ids, attributes, source] as const,
  );
}

/** The numbers of the next frame that are so. */
async function nextExplained(page: Page, id: string, wanted: Partial<Explained> = {}): Promise<Explained> {
  const found = await page.waitForFunction(
    ([name, expected]) => {
      const { seen } = document.getElementById(name as string) as unknown as { seen: Explained[] };
      const last = seen.at(-1);
      const isSo = last && Object.entries(expected as object).every(([key, value]) => last[key as keyof Explained] === value);
      return isSo ? last : undefined;
    },
    [id, wanted] as const,
  );
  return (await found.jsonValue()) as Explained;
}

function set(page: Page, id: string, name: string, value: string | null): Promise<void> {
  return page.evaluate(
    async ([which, attribute, text]) => {
      const element = document.getElementById(which as string) as ConvCam;
      if (text === null) element.removeAttribute(attribute as string);
      else element.setAttribute(attribute as string, text as string);
      await element.updateComplete;
    },
    [id, name, value] as const,
  );
}

test("explains a still picture off the screen, too, and stands before patterns that were asked for first", async ({ sharedPage: page }) => {
  await open(page, ["here"], { layers: "conv_1", patterns: "conv_1", "pattern-channels": "0", "pattern-steps": "1", "pattern-size": "28" });
  await expect(page.locator("#here .patterns")).toBeVisible({ timeout: 30_000 });
  await page.evaluate(() => {
    document.body.style.overflowAnchor = "none";
    (document.getElementById("here") as HTMLElement).style.marginTop = "4000px";
    scrollTo(0, 0);
  });
  await set(page, "here", "explain", "grad-cam");
  await nextExplained(page, "here", { class: 1 });
  await expect(page.locator("#here .why-title")).toHaveText("Why 1?");
  // So is what is drawn on the same canvas later.
  await page.evaluate(() => {
    const element = document.getElementById("here") as ConvCam & { seen: unknown[] };
    element.seen.length = 0;
    element.refresh();
  });
  await nextExplained(page, "here", { class: 1 });
  await expect(page.locator("#here")).not.toBeInViewport();
  const order = await page
    .locator("#here .bars, #here .why, #here .patterns")
    .evaluateAll((parts) => parts.map(({ className }) => className));
  expect(order).toEqual(["bars", "why", "patterns"]);
});

test("lays the heat over the picture, on the page as in a worker, with the numbers that the library computes", async ({
  sharedPage: page,
}) => {
  await open(page, ["here", "there"], { layers: "conv_2", explain: "grad-cam", labels: "/models/labels/mnist.txt" });
  const here = await nextExplained(page, "here");
  expect(here).toMatchObject({ method: "grad-cam", class: 1, label: "1", isTop: true, nonFiniteCount: 0 });
  expect(here.score).toBeGreaterThan(0.9);
  expect(await nextExplained(page, "there")).toEqual(here);
  await expect(page.locator("#here .why-title")).toHaveText("Why 1?");
  await expect(page.locator("#here .why-detail")).toContainText(`Grad-CAM by ${here.layer} · the top class · probability `);
  await expect(page.locator("#here .why-seen")).toContainText("Bright where the layer's maps speak for the class");
  const [own, other] = await Promise.all(["here", "there"].map((id) => page.locator(`#${id} .heat`).screenshot()));
  expect(own?.equals(other as Buffer)).toBe(true);
  const found = await page.evaluate(async (layer) => {
    const element = document.getElementById("here") as ConvCam;
    const viewer = element.viewer as NonNullable<ConvCam["viewer"]>;
    const explanation = await viewer.model.explain({ method: "grad-cam", of: { class: 1 }, layer });
    const map = await explanation.predict({ input_layer: await viewer.model.read("input_layer") });
    explanation.dispose();
    const values = map.toFloat32();
    const [rows = 1, columns = 1] = map.shape.slice(-2);
    const canvas = element.shadowRoot?.querySelector<HTMLCanvasElement>(".heat") as HTMLCanvasElement;
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d") as CanvasRenderingContext2D;
    void viewer.frame({ runs: false });
    context.drawImage(canvas, 0, 0);
    const largest = Math.max(...values);
    const middle = (place: number) => {
      const [y, x] = [Math.floor(place / columns), place % columns];
      const at = [((x + 0.5) * canvas.width) / columns, ((y + 0.5) * canvas.height) / rows] as const;
      return [...context.getImageData(at[0], at[1], 1, 1).data];
    };
    return { largest, hot: middle(values.indexOf(largest)), cold: values[0] === 0 ? middle(0) : undefined };
  }, here.layer);
  expect(here.full).toBeCloseTo(found.largest, 4);
  // Magma's bright end over black or white.
  const [red = 0, green = 0, blue = 0] = found.hot;
  expect(red).toBeGreaterThan(140);
  expect(red - blue).toBeGreaterThan(20);
  expect(green).toBeLessThan(red);
  if (found.cold) expect(found.cold).toEqual([0, 0, 0, 255]);
});

test("a bar chooses the class by a click or a key, and the same bar again lets it go; nothing is compiled for it", async ({
  sharedPage: page,
}) => {
  await open(page, ["here"], { layers: "conv_2", explain: "grad-cam", labels: "/models/labels/mnist.txt" });
  await nextExplained(page, "here", { class: 1 });
  await page.evaluate(() => {
    const { createComputePipelineAsync, createRenderPipelineAsync } = GPUDevice.prototype;
    const original = { createComputePipelineAsync, createRenderPipelineAsync };
    const counted = { count: 0, restore: () => Object.assign(GPUDevice.prototype, original) };
    Object.assign(window, { counted });
    for (const [name, create] of Object.entries(original))
      Object.assign(GPUDevice.prototype, {
        [name](this: GPUDevice, descriptor: never) {
          counted.count++;
          return (create as (this: GPUDevice, descriptor: never) => unknown).call(this, descriptor);
        },
      });
  });
  const bars = page.locator("#here .bars");
  await expect(bars).toHaveRole("listbox");
  await bars.getByRole("option").nth(7).click();
  const seven = await nextExplained(page, "here", { class: 7 });
  expect(seven).toMatchObject({ label: "7", isTop: false });
  expect(seven.score).toBeLessThan(0.5);
  await expect(page.locator("#here")).toHaveAttribute("explain-class", "7");
  await expect(bars.getByRole("option", { selected: true }).locator(".label")).toHaveText("7");
  await expect(page.locator("#here .why-title")).toHaveText("Why 7?");
  await expect(page.locator("#here .why-detail")).toContainText("the class chosen");
  await expect(bars.getByRole("option").nth(7)).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await nextExplained(page, "here", { class: 6, isTop: false });
  await page.keyboard.press("Enter");
  await nextExplained(page, "here", { class: 1, isTop: true });
  await expect(page.locator("#here")).not.toHaveAttribute("explain-class");
  const compiled = await page.evaluate(() => {
    const { counted } = window as unknown as { counted: { count: number; restore: () => void } };
    counted.restore();
    return counted.count;
  });
  expect(compiled).toBe(0);

  const bytesWithout: number[] = [];
  for (let i = 0; i < 2; i++) {
    await set(page, "here", "explain", null);
    await expect(page.locator("#here .why")).toBeHidden();
    await expect(bars.getByRole("option")).toHaveCount(0);
    bytesWithout.push(await page.evaluate(() => (document.getElementById("here") as ConvCam).viewer?.device.allocatedBytes ?? 0));
    await page.evaluate(() => (document.getElementById("here") as unknown as { seen: Explained[] }).seen.splice(0));
    await set(page, "here", "explain", "grad-cam");
    await nextExplained(page, "here");
  }
  expect(bytesWithout[1]).toBe(bytesWithout[0]);
});

const convolved = graphOf({
  inputs: { x: [1, 1, 8, 8] },
  constants: { w: noise([4, 1, 3, 3], 1), m: noise([64, 3], 2), seven: Tensor.float32([1], Float32Array.of(7)) },
  nodes: [
    // Has no gradient.
    op("Mod", "x seven", "p", { fmod: 1 }),
    op("Conv", "p w", "c", { pads: [1, 1, 1, 1] }),
    op("Relu", "c", "r"),
    op("MaxPool", "r", "q", { kernel_shape: [2, 2], strides: [2, 2] }),
    op("Flatten", "q", "f"),
    op("MatMul", "f m", "scores"),
    op("Softmax", "scores", "y"),
  ],
});

test("says in its own place what cannot be explained until that changes, while the mosaics go on", async ({ sharedPage: page }) => {
  await open(page, ["here"], { layers: "r", explain: "gradient" }, convolved);
  const trouble = page.locator("#here .why-trouble");
  await expect(trouble).toContainText("Mod");
  await expect(page.locator("#here .panel canvas")).toBeVisible();
  await expect(page.locator("#here .problem")).toHaveCount(0);
  await expect(page.locator("#here .heat")).toBeHidden();
  for (const [name, value, message] of [
    ["colormap", "gray", "Mod"],
    ["explain", "magic", "explain 'magic': expected gradient"],
    ["explain-class", "3", "Class 3: the model has 3 scores, so expected 0 to 2."],
    ["explain-class", "dog", "explain-class 'dog': no class is called so."],
    ["explain-layer", "f", "'f' has no rows and columns"],
    ["explain-layer", "nothing", "No value or layer is called 'nothing'"],
    ["overlay", "2", "overlay '2': expected a number from 0 to 1"],
  ] as const) {
    await set(page, "here", name, value);
    await expect(trouble).toContainText(message);
    if (name !== "colormap") await set(page, "here", name, name === "explain" ? "grad-cam" : null);
  }
  const refused: number[] = [];
  await set(page, "here", "explain", "gradient");
  for (let i = 0; i < 2; i++) {
    await set(page, "here", "explain-layer", "f");
    await expect(trouble).toContainText("a value of 1 × 64 has no rows and columns to lay over the picture");
    refused.push(await page.evaluate(() => (document.getElementById("here") as ConvCam).viewer?.device.allocatedBytes ?? 0));
    await set(page, "here", "explain-layer", "q");
    await nextExplained(page, "here", { method: "gradient", layer: "q" });
  }
  expect(refused[1], "bytes without an explanation").toBe(refused[0]);
  await set(page, "here", "explain", "grad-cam");
  await set(page, "here", "explain-layer", null);
  const mended = await nextExplained(page, "here", { method: "grad-cam", layer: "q" });
  expect(mended.layer).toBe("q");
  await expect(trouble).toBeEmpty();
  await expect(page.locator("#here .heat")).toBeVisible();
});

test("runs a method of several runs to its end, follows weights, and is part of the state", async ({ sharedPage: page }) => {
  await open(page, ["here"], { layers: "r", explain: "occlusion", "explain-class": "1", overlay: "0.4" }, convolved);
  const { done, total } = await nextExplained(page, "here", { done: 5 });
  expect([done, total]).toEqual([5, 5]);
  const state = await page.evaluate(() => (document.getElementById("here") as ConvCam).state);
  expect(state).toMatchObject({ explain: "occlusion", explainClass: "1", overlay: "0.4" });

  await set(page, "here", "explain-class", null);
  await set(page, "here", "explain", "layer-cam");
  const trained = await nextExplained(page, "here", { method: "layer-cam" });
  await set(page, "here", "blank", "7");
  await expect.poll(async () => (await nextExplained(page, "here")).full).not.toBe(trained.full);
  await set(page, "here", "blank", null);
  await expect.poll(async () => (await nextExplained(page, "here")).full).toBe(trained.full);

  await set(page, "here", "layers", "c,q");
  await set(page, "here", "normalize", "channel");
  await page.evaluate(() => {
    const element = document.getElementById("here") as ConvCam;
    element.gates = [0, 1, 2].map((channel) => ({ value: "r", channel, scale: 0 }));
    return element.updateComplete;
  });
  await expect.poll(async () => (await nextExplained(page, "here")).full).not.toBe(trained.full);
  await page.evaluate((before) => {
    (document.getElementById("here") as ConvCam).state = before;
  }, state);
  await nextExplained(page, "here", { method: "occlusion", class: 1, done: 5 });
});

/** The pixel in the middle of a place of a layer's picture, of so many places. */
function pixelsOf(page: Page, id: string, places: readonly { tile: number; x: number; y: number }[]): Promise<number[][]> {
  return page.evaluate(
    ([name, wanted]) => {
      const element = document.getElementById(name as string) as ConvCam;
      const root = element.shadowRoot as ShadowRoot;
      const canvas = root.querySelector<HTMLCanvasElement>(".heat") as HTMLCanvasElement;
      const frame = canvas.getBoundingClientRect();
      const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
      const context = copy.getContext("2d") as CanvasRenderingContext2D;
      void element.viewer?.frame({ runs: false });
      context.drawImage(canvas, 0, 0);
      return (wanted as { tile: number; x: number; y: number }[]).map(({ tile, x, y }) => {
        const box = root.querySelectorAll(".why-tile")[tile]?.getBoundingClientRect() ?? frame;
        const scale = canvas.width / frame.width;
        const at = [(box.left - frame.left + x * box.width) * scale, (box.top - frame.top + y * box.width) * scale] as const;
        return [...context.getImageData(at[0], at[1], 1, 1).data];
      });
    },
    [id, places] as const,
  );
}

test("shows every convolution layer at once, in one execution, and any of them alone by its button", async ({ sharedPage: page }) => {
  await open(page, ["here", "there"], { layers: "conv_2", explain: "layer-cam", "explain-layer": "all" });
  const all = await nextExplained(page, "here", { layer: "all" });
  expect(all.layers.map(({ layer }) => layer)).toEqual(["conv_1", "conv_2"]);
  expect(await nextExplained(page, "there", { layer: "all" })).toEqual(all);
  const part = page.locator("#here .why");
  await expect(part.locator(".why-detail")).toContainText("LayerCAM by 2 convolution layers · the top class");
  await expect(part.locator(".why-name")).toHaveText(["conv_1", "conv_2"]);
  const [own, other] = await Promise.all(["here", "there"].map((id) => page.locator(`#${id} .heat`).screenshot()));
  expect(own?.equals(other as Buffer)).toBe(true);

  // Each is drawn where its button lies: the drawn stroke is white, and heat colours it.
  const corner = { x: 0.03, y: 0.03 };
  const corners = await pixelsOf(
    page,
    "here",
    [0, 1].map((tile) => ({ tile, ...corner })),
  );
  for (const pixel of corners) expect(pixel[3]).toBe(255);
  await set(page, "here", "overlay", "0");
  const picture = { x: 13.5 / 28, y: 12.5 / 28 };
  expect(
    await pixelsOf(
      page,
      "here",
      [0, 1].map((tile) => ({ tile, ...picture })),
    ),
  ).toEqual([
    [255, 255, 255, 255],
    [255, 255, 255, 255],
  ]);
  await set(page, "here", "overlay", "alone");
  const dark = await pixelsOf(page, "here", [{ tile: 1, x: 0.99, y: 0.99 }]);
  expect(dark[0]?.[3]).toBe(255);

  const alone = [];
  for (const { layer } of all.layers) {
    await part.getByRole("button", { name: `${layer}: show it alone` }).press("Enter");
    await expect(page.locator("#here")).toHaveAttribute("explain-layer", layer);
    alone.push(await nextExplained(page, "here", { layer }));
    const back = part.getByRole("button", { name: "All layers" });
    await expect(back).toBeFocused();
    await back.press("Enter");
    await nextExplained(page, "here", { layer: "all" });
    await expect(part.locator(".why-tile").first()).toBeFocused();
    await expect(back).toBeHidden();
  }
  alone.forEach(({ full }, i) => void expect(full).toBeCloseTo(all.layers[i]?.full ?? 0, 5));

  await set(page, "here", "explain", "occlusion");
  await expect(part.locator(".why-trouble")).toContainText("Occlusion is of one layer at a time. Choose one layer, or another method.");
});

const twoBranches = graphOf({
  inputs: { x: [1, 1, 8, 8] },
  constants: { w: noise([2, 1, 3, 3], 1), zeros: Tensor.float32([2, 1, 1, 1], new Float32Array(2)), m: noise([2, 3], 2) },
  nodes: [
    op("Conv", "x w", "c", { pads: [1, 1, 1, 1] }),
    op("Conv", "x zeros", "dead"),
    op("Add", "c dead", "sum"),
    op("GlobalAveragePool", "sum", "pooled"),
    op("Flatten", "pooled", "f"),
    op("MatMul", "f m", "y"),
  ],
});

test("keeps the focus of a layer's button that goes away, and takes it from nobody", async ({ sharedPage: page }) => {
  await open(page, ["here"], { layers: "c", explain: "layer-cam", "explain-layer": "all" }, twoBranches);
  await nextExplained(page, "here", { layer: "all" });
  const part = page.locator("#here .why");
  await expect(part.getByRole("button", { name: "dead, nothing: show it alone" })).toBeVisible();
  await page.evaluate(() => document.body.prepend(Object.assign(document.createElement("button"), { id: "elsewhere" })));

  /** Asks for a method and presses a button of the panel, and says where the focus is once the button is gone. Then the focus goes elsewhere, if it is to. */
  const press = (selector: string, method: string, goesAway: boolean) =>
    page.evaluate(
      async ([wanted, explain, leaves]) => {
        const element = document.getElementById("here") as ConvCam;
        const root = element.shadowRoot as ShadowRoot;
        const button = root.querySelector<HTMLElement>(wanted as string) as HTMLElement;
        const gone = new Promise<string | undefined>((resolve) =>
          new MutationObserver((_, observer) => {
            if (button.isConnected && !button.hidden) return;
            observer.disconnect();
            resolve(root.activeElement?.className);
            if (leaves) document.getElementById("elsewhere")?.focus();
          }).observe(root, { subtree: true, childList: true, attributes: true }),
        );
        button.focus();
        element.setAttribute("explain", explain as string);
        button.click();
        const focused = await gone;
        await element.updateComplete;
        return focused;
      },
      [selector, method, goesAway] as const,
    );

  expect(await press(".why-tile", "layer-cam", true)).toContain("why-title");
  await nextExplained(page, "here", { layer: "c" });
  await expect(page.locator("#elsewhere"), "while the layer was prepared").toBeFocused();

  // Of all layers together there is no occlusion.
  expect(await press(".why-back", "occlusion", false)).toContain("why-title");
  await expect(part.locator(".why-trouble")).toContainText("Occlusion is of one layer at a time. Choose one layer, or another method.");
  await expect(part.locator(".why-title")).toBeFocused();
  await set(page, "here", "explain", "layer-cam");
  await nextExplained(page, "here", { method: "layer-cam", layer: "all" });
  await expect(part.locator(".why-title"), "it is asked for by somebody else").toBeFocused();
});

test("explains why one class rather than another: red for the one, blue for the other", async ({ sharedPage: page }) => {
  await open(page, ["here"], { layers: "conv_2", explain: "gradient-x-input", labels: "/models/labels/mnist.txt", "explain-against": "7" });
  const one = await nextExplained(page, "here", { class: 1 });
  expect(one.against).toMatchObject({ class: 7, label: "7" });
  expect(one.against?.score).toBeLessThan(one.score ?? 0);
  const part = page.locator("#here .why");
  await expect(part.locator(".why-title")).toHaveText("Why 1 rather than 7?");
  await expect(part.locator(".why-detail")).toContainText(" for 7");
  await expect(part.locator(".scope")).toContainText("red speaks for 1 rather than 7, blue for 7 rather than 1");
  await expect(part.locator(".low")).toHaveText(/^−\d/);
  const found = await page.evaluate(async () => {
    const viewer = (document.getElementById("here") as ConvCam).viewer as NonNullable<ConvCam["viewer"]>;
    const explanation = await viewer.model.explain({ method: "gradient-x-input", of: { class: 1, against: 7 } });
    const values = (await explanation.predict({ input_layer: await viewer.model.read("input_layer") })).toFloat32();
    explanation.dispose();
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return [most, least].map((value) => values.indexOf(value));
  });
  await set(page, "here", "overlay", "alone");
  const at = (i: number) => ({ tile: -1, x: ((i % 28) + 0.5) / 28, y: (Math.floor(i / 28) + 0.5) / 28 });
  const [pro, con] = await pixelsOf(page, "here", found.map(at));
  expect((pro?.[0] ?? 0) - (pro?.[2] ?? 0), "red").toBeGreaterThan(20);
  expect((con?.[2] ?? 0) - (con?.[0] ?? 0), "blue").toBeGreaterThan(20);

  // The other way round everything has the other sign.
  await set(page, "here", "explain-class", "7");
  await set(page, "here", "explain-against", "1");
  const turned = await nextExplained(page, "here", { class: 7 });
  expect(turned.against).toMatchObject({ class: 1 });
  expect(turned.full).toBeCloseTo(one.full, 4);
  const [red, blue] = await pixelsOf(page, "here", found.toReversed().map(at));
  expect((red?.[0] ?? 0) - (red?.[2] ?? 0), "red").toBeGreaterThan(20);
  expect((blue?.[2] ?? 0) - (blue?.[0] ?? 0), "blue").toBeGreaterThan(20);

  const trouble = part.locator(".why-trouble");
  await set(page, "here", "explain-class", "1");
  await expect(trouble).toContainText("1 rather than itself: there is no difference to explain. Choose another class.");
  await set(page, "here", "explain-class", null);
  await nextExplained(page, "here", { class: 1, isTop: true });
  await expect(part.locator(".why-status")).toHaveText("1 is the top class, so there is nothing to tell it from. Choose another class.");
  await set(page, "here", "explain-against", "12");
  await expect(trouble).toContainText("Class 12: the model has 10 scores, so expected 0 to 9.");
  const state = await page.evaluate(() => (document.getElementById("here") as ConvCam).state);
  expect(state).toMatchObject({ explain: "gradient-x-input", explainAgainst: "12", overlay: "alone" });
  await set(page, "here", "explain-against", null);
  await nextExplained(page, "here", { class: 1, against: undefined });
  await expect(part.locator(".why-title")).toHaveText("Why 1?");
});

test("of very many convolution layers it draws some, evenly in depth, and says so", async ({ sharedPage: page }) => {
  const depth = 30;
  const deep = graphOf({
    inputs: { x: [1, 1, 6, 6] },
    constants: {
      m: noise([2, 3], 2),
      ...Object.fromEntries(Array.from({ length: depth }, (_, i) => [`w${i}`, noise([2, i ? 2 : 1, 1, 1], i)])),
    },
    nodes: [
      ...Array.from({ length: depth }, (_, i) => op("Conv", `${i ? `c${i - 1}` : "x"} w${i}`, `c${i}`)),
      op("GlobalAveragePool", `c${depth - 1}`, "pooled"),
      op("Flatten", "pooled", "f"),
      op("MatMul", "f m", "y"),
    ],
  });
  await open(page, ["here"], { layers: "c3", explain: "grad-cam", "explain-layer": "all" }, deep);
  const { layers } = await nextExplained(page, "here", { layer: "all" });
  expect(layers).toHaveLength(24);
  expect([layers[0]?.layer, layers.at(-1)?.layer]).toEqual(["c0", `c${depth - 1}`]);
  await expect(page.locator("#here .why-detail")).toContainText("Grad-CAM by 24 of 30 convolution layers, evenly in depth");
});

test("explains the camera frame by frame, in no more memory", async ({ sharedPage: page }) => {
  await open(page, ["there"], { layers: "conv_2", explain: "grad-cam", input: "camera" });
  await page.evaluate(() => {
    (document.getElementById("there") as ConvCam).input = "camera";
  });
  await nextExplained(page, "there");
  const bytes = await page.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        const element = document.getElementById("there") as ConvCam & { seen: Explained[] };
        const seen: number[] = [];
        const explained = element.seen.length;
        element.addEventListener("frame", (event) => {
          const { gpuBytes } = (event as CustomEvent<ConvCamEvents["frame"]>).detail;
          // The networks change to their final pipelines once.
          if (seen.at(-1) !== gpuBytes) seen.length = 0;
          seen.push(gpuBytes);
          if (seen.length > 20 && element.seen.length > explained + 10) resolve(seen);
        });
      }),
  );
  expect(new Set(bytes).size).toBe(1);
});
