// <conv-cam patterns>: pictures that grow in place of a layer's maps, what pauses them, what begins them anew, and what is said when there are none.
import { expect, type Page } from "@playwright/test";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import type { ConvCamEvents } from "../../src/ui/events.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { test, visit } from "./fixtures.ts";

type Grown = ConvCamEvents["patterns"];

const anew = "The weights or gates have changed, so they have begun anew: 2 patterns grow in 2 steps.";

const small = graphOf({
  inputs: { x: [1, 3, 12, 12] },
  constants: { w: noise([4, 3, 3, 3], 1), m: noise([144, 3], 2), seven: Tensor.float32([1], Float32Array.of(7)) },
  nodes: [
    op("Conv", "x w", "c", { pads: [1, 1, 1, 1] }),
    op("Relu", "c", "r"),
    // Has no gradient.
    op("Mod", "r seven", "p", { fmod: 1 }),
    op("MaxPool", "r", "q", { kernel_shape: [2, 2], strides: [2, 2] }),
    op("Flatten", "q", "f"),
    op("MatMul", "f m", "scores"),
  ],
  outputs: ["scores", "p"],
});

/** Opens elements by id with these attributes and the network. */
async function open(page: Page, ids: readonly string[], attributes: Readonly<Record<string, string>>, network: Graph = small) {
  await visit(page, "worker-mode");
  await page.evaluate(
    async ([names, given, bytes]) => {
      await customElements.whenDefined("conv-cam");
      for (const id of names as string[]) {
        const element = document.getElementById(id) as ConvCam;
        const seen: Grown[] = [];
        Object.assign(element, { seen });
        element.addEventListener("patterns", (event) => void seen.push((event as CustomEvent<Grown>).detail));
        for (const [name, value] of Object.entries(given as Record<string, string>)) element.setAttribute(name, value);
        element.removeAttribute("labels");
        element.src = new Uint8Array(bytes as number[]);
      }
    },
    [ids, attributes, [...encodeModel(network)]] as const,
  );
}

async function set(page: Page, id: string, name: string, value: string | null): Promise<void> {
  await page.evaluate(
    ([element, attribute, text]) => {
      if (text === null) document.getElementById(element as string)?.removeAttribute(attribute as string);
      else document.getElementById(element as string)?.setAttribute(attribute as string, text as string);
    },
    [id, name, value] as const,
  );
}

/** The first event from now on, or the last so far, that says so many steps. */
async function grownTo(page: Page, id: string, done: number): Promise<Grown> {
  const found = await page.waitForFunction(
    ([name, wanted]) => {
      const last = (document.getElementById(name as string) as unknown as { seen: Grown[] }).seen.at(-1);
      return last && last.done >= (wanted as number) ? last : undefined;
    },
    [id, done] as const,
  );
  return (await found.jsonValue()) as Grown;
}

/** Steps that were told, after some animation frames. */
function stepsAfterFrames(page: Page, id: string): Promise<number> {
  return page.evaluate(async (name) => {
    for (let i = 0; i < 6; i++) await new Promise(requestAnimationFrame);
    return (document.getElementById(name) as unknown as { seen: Grown[] }).seen.at(-1)?.done ?? 0;
  }, id);
}

/** Colours in the middle of each tile of a PNG. */
function middles(page: Page, png: readonly number[], columns: number, count: number): Promise<number[][]> {
  return page.evaluate(
    async ([bytes, across, tiles]) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes as number[])]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
      context.drawImage(bitmap, 0, 0);
      const pitch = bitmap.width / (across as number);
      return Array.from({ length: tiles as number }, (_, i) => {
        const [x, y] = [(i % (across as number)) + 0.45, Math.floor(i / (across as number)) + 0.45].map((at) => Math.floor(at * pitch));
        return [...context.getImageData(x as number, y as number, 1, 1).data.slice(0, 3)];
      });
    },
    [png, columns, count] as const,
  );
}

const prepared = { patterns: "r", "pattern-channels": "2,0", "pattern-seed": "3", "pattern-steps": "6", mean: "0.5", std: "0.25" };

test("grows patterns in place of the layer's maps as the library finds them, on the page as in a worker, and saves them", async ({
  sharedPage: page,
}) => {
  await open(page, ["here", "there"], { ...prepared, layers: "r,q" });
  const here = await grownTo(page, "here", 6);
  expect(here).toMatchObject({ layer: "r", channels: [2, 0], done: 6, steps: 6 });
  expect(await grownTo(page, "there", 6)).toEqual(here);
  const found = await page.evaluate(async () => {
    const { model } = (document.getElementById("here") as ConvCam).viewer as NonNullable<ConvCam["viewer"]>;
    const patterns = await model.patterns({ layer: "r", channels: [2, 0], seed: 3, gain: [4], shift: [-2] });
    patterns.step(6);
    const { pictures, answers } = await patterns.read();
    patterns.dispose();
    const colors = pictures.toFloat32();
    // The tiles are read somewhat before their middle.
    const at = (picture: number) => [0, 1, 2].map((c) => Math.round(255 * (colors[picture * 432 + c * 144 + 5 * 12 + 5] as number)));
    return { answers: [...answers.toFloat32()], colors: [at(0), at(1)] };
  });
  here.answers.forEach((answer, i) => {
    expect(answer).toBeCloseTo(found.answers[i] as number, 4);
  });
  const [own, other] = await Promise.all(["here", "there"].map((id) => page.locator(`#${id} .pattern-tiles`).screenshot()));
  expect(own?.equals(other as Buffer)).toBe(true);
  const taken = await page.evaluate(async () => {
    const { picture, ...rest } = await (document.getElementById("there") as ConvCam).ask({ kind: "patterns" });
    return { ...rest, type: picture.type, bytes: [...new Uint8Array(await picture.arrayBuffer())] };
  });
  expect(taken).toMatchObject({ layer: "r", channels: [2, 0], done: 6, type: "image/png" });
  for (const png of [[...(own as Buffer)], taken.bytes])
    for (const [i, color] of (await middles(page, png, 2, 2)).entries())
      color.forEach((part, c) => expect(Math.abs(part - (found.colors[i]?.[c] as number))).toBeLessThanOrEqual(2));

  const part = page.locator("#here .patterns");
  await expect(part.locator(".patterns-title")).toHaveText("Patterns of r");
  await expect(part.locator(".patterns-status")).toHaveText("Done: 6 steps.");
  await expect(part.locator(".patterns-count")).toHaveText("step 6 of 6");
  await expect(part.locator(".patterns-hold")).toBeDisabled();
  const panels = page.locator("#here .panel");
  await expect(panels.filter({ visible: true }).locator(".name")).toHaveText(["q"]);
  // What somebody looks into stays, under the way that leads to it.
  await set(page, "here", "layer", "r");
  await set(page, "here", "view", "layer");
  await expect(page.locator("#here .crumbs [aria-current]")).toHaveText("r");
  await expect(panels.filter({ visible: true }).locator(".name")).toHaveText(["r"]);
  await expect(part).toBeVisible();
  await set(page, "here", "view", null);
  await set(page, "here", "layer", null);
  await expect(panels.filter({ visible: true }).locator(".name")).toHaveText(["q"]);
  const tiles = part.locator(".pattern-tiles");
  const box = (await tiles.boundingBox()) as { width: number; height: number };
  await tiles.click({ position: { x: box.width * 0.75, y: box.height / 2 } });
  await expect(part.locator(".patterns-readout")).toHaveText(/^channel 0 · answered -?\d/);
  await tiles.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(part.locator(".patterns-readout")).toHaveText(/^channel 2 · answered -?\d/);
  const [download] = await Promise.all([page.waitForEvent("download"), part.getByRole("button", { name: "Save as PNG" }).click()]);
  expect(download.suggestedFilename()).toBe("patterns_of_r.png");

  await set(page, "here", "patterns", null);
  await expect(part).toBeHidden();
  await expect(panels.filter({ visible: true }).locator(".name")).toHaveText(["r", "q"]);
});

test("pauses with the element and by its button, and begins paused where motion is to be reduced", async ({ sharedPage: page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  try {
    await open(page, ["here"], {
      patterns: "c",
      "pattern-steps": "100000",
      "pattern-preset": "chollet",
      "pattern-channels": "1",
      layers: "q",
    });
    await grownTo(page, "here", 1);
    const button = page.locator("#here .patterns-hold");
    await expect(button).toHaveText("Continue");
    const status = page.locator("#here .patterns-status");
    await expect(status).toHaveText("Paused. Continue lets them grow.");
    expect(await stepsAfterFrames(page, "here")).toBe(1);
    await button.press("Enter");
    await grownTo(page, "here", 3);
    await expect(button).toHaveText("Pause");
    await set(page, "here", "paused", "");
    await expect(button).toBeDisabled();
    await expect(status).toHaveText("Paused, as the layers are. They grow again when those go on.");
    const paused = await stepsAfterFrames(page, "here");
    // What was under way has come in by then.
    expect((await stepsAfterFrames(page, "here")) - paused).toBeLessThanOrEqual(16);
    const still = await stepsAfterFrames(page, "here");
    expect(await stepsAfterFrames(page, "here")).toBe(still);
    await set(page, "here", "paused", null);
    await grownTo(page, "here", still + 1);
    await expect(status).toHaveText("They grow.");
  } finally {
    await page.emulateMedia({ reducedMotion: null });
  }
});

test("says in its own place why there are no patterns until that changes, while the mosaics go on", async ({ sharedPage: page }) => {
  await open(page, ["here"], { patterns: "p", "pattern-steps": "2", layers: "r" });
  const trouble = page.locator("#here .patterns-trouble");
  await expect(trouble).toContainText("Mod");
  await expect(page.locator("#here .panel canvas")).toBeVisible();
  await expect(page.locator("#here .problem")).toHaveCount(0);
  await expect(page.locator("#here .pattern-tiles")).toBeHidden();
  await set(page, "here", "patterns", "");
  await grownTo(page, "here", 2);
  await expect(trouble).toBeEmpty();
  await expect(page.locator("#here .patterns-title")).toHaveText("Patterns of the classes");
  for (const [name, value, message] of [
    ["patterns", "nothing", "No value or layer is called 'nothing'"],
    ["pattern-channels", "1-9", "Channel 3 of 'scores': it has 3, so expected 0 to 2."],
    ["pattern-channels", "all", "pattern-channels 'all': expected numbers and ranges, such as 0-15 or 3,7,9."],
    ["pattern-preset", "magic", "preset 'magic': expected chollet, lucid."],
    ["pattern-steps", "0", "pattern-steps '0': expected a whole number from 1 on"],
    ["pattern-size", "16", "size: The scores of classes take no picture of 16 × 16."],
  ] as const) {
    await set(page, "here", name, value);
    await expect(trouble).toContainText(message);
    await expect(page.locator("#here .pattern-tiles")).toBeHidden();
    await set(page, "here", name, name === "patterns" ? "" : null);
    await expect(trouble).toBeEmpty();
  }
});

test("tells once that there are no patterns of a layer whose maps are shown", async ({ sharedPage: page }) => {
  await open(page, ["here"], { ...prepared, "pattern-steps": "2", layers: "r" });
  await grownTo(page, "here", 2);
  await page.evaluate(() => {
    const element = document.getElementById("here") as ConvCam;
    const told: string[] = [];
    Object.assign(element, { told });
    element.addEventListener("error", (event) => void told.push((event as unknown as CustomEvent<{ error: Error }>).detail.error.message));
  });
  await set(page, "here", "pattern-channels", "500");
  await expect(page.locator("#here .patterns-trouble")).toContainText("Channel 500");
  // The maps are back, which makes a scene of their own due.
  await expect(page.locator("#here .panel")).toBeVisible();
  for (const layers of ["q,r", "r"]) await set(page, "here", "layers", layers);
  await expect(page.locator("#here .patterns-trouble")).toContainText("Channel 500");
  expect(await page.evaluate(() => (document.getElementById("here") as unknown as { told: string[] }).told)).toHaveLength(1);
});

test("begins anew with other weights and says so, is part of the state, and leaves nothing of a network before", async ({
  sharedPage: page,
}) => {
  await open(page, ["here"], { ...prepared, "pattern-steps": "2", layers: "q" });
  const own = await grownTo(page, "here", 2);
  const status = page.locator("#here .patterns-status");
  const next = async (change: () => Promise<void>) => {
    await page.evaluate(() => (document.getElementById("here") as unknown as { seen: Grown[] }).seen.splice(0));
    await change();
    return grownTo(page, "here", 2);
  };
  await page.evaluate(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    const element = document.getElementById("here")?.shadowRoot?.querySelector(".patterns-status") as HTMLElement;
    new MutationObserver(() => told.push(element.textContent ?? "")).observe(element, { childList: true });
  });
  const blank = await next(() => set(page, "here", "blank", "7"));
  expect(blank.answers).not.toEqual(own.answers);
  const told = await page.evaluate(() => (window as unknown as { told: string[] }).told);
  expect(told).toContain(anew);
  expect((await next(() => set(page, "here", "blank", null))).answers).toEqual(own.answers);
  await expect(status).toHaveText("Done: 2 steps.");
  const state = await page.evaluate(() => (document.getElementById("here") as ConvCam).state);
  expect(state).toMatchObject({ patterns: "r", patternChannels: "2,0", patternSeed: "3", patternSteps: "2" });
  const other = await next(() => set(page, "here", "pattern-seed", "4"));
  expect(other.answers).not.toEqual(own.answers);
  const back = await next(() =>
    page.evaluate((before) => {
      (document.getElementById("here") as ConvCam).state = before;
    }, state),
  );
  expect(back.answers).toEqual(own.answers);

  const allocated = () =>
    page.evaluate(async () => {
      const element = document.getElementById("here") as ConvCam;
      await element.updateComplete;
      return element.viewer?.device.allocatedBytes ?? 0;
    });
  const grown = await allocated();
  await set(page, "here", "patterns", null);
  const without = await allocated();
  expect(without).toBeLessThan(grown);
  await next(() => set(page, "here", "patterns", "r"));
  await set(page, "here", "patterns", null);
  expect(await allocated()).toBe(without);

  await next(() => set(page, "here", "patterns", "r"));
  await page.evaluate(() => {
    const element = document.getElementById("here") as ConvCam;
    element.src = undefined;
    return element.updateComplete;
  });
  await expect(page.locator("#here .patterns")).toBeHidden();
});

test("grows for the network that is shown, with its gates and weights, whoever sets them, on the page as in a worker", async ({
  sharedPage: page,
}) => {
  await open(page, ["here", "there"], { ...prepared, patterns: "scores", "pattern-steps": "2", layers: "r" });
  const own = await grownTo(page, "here", 2);
  expect(await grownTo(page, "there", 2)).toEqual(own);
  /** Grown after a change, and what the status said meanwhile. */
  const after = async (id: string, change: (element: ConvCam) => unknown) => {
    const handle = await page.evaluateHandle((name) => {
      const element = document.getElementById(name) as ConvCam & { seen: Grown[] };
      element.seen.splice(0);
      const told: (string | null)[] = [];
      const status = element.shadowRoot?.querySelector(".patterns-status") as HTMLElement;
      new MutationObserver(() => told.push(status.textContent)).observe(status, { childList: true });
      return { element, told };
    }, id);
    await page.evaluate(change as never, await handle.getProperty("element"));
    const grown = await grownTo(page, id, 2);
    expect(await handle.evaluate(({ told }) => told), id).toContain(anew);
    return grown;
  };
  const gate = (element: ConvCam) => {
    element.gates = [{ value: "r", channels: [0, 1], scale: 0 }];
  };
  const gated = await after("here", gate);
  expect(Math.abs((gated.answers[0] as number) - (own.answers[0] as number))).toBeGreaterThan(0.01);
  expect(await after("there", gate)).toEqual(gated);
  await expect(page.locator("#here .patterns")).toContainText("Found with the channels that are silenced, or changed, as they are.");
  const found = await page.evaluate(async () => {
    const { model } = (document.getElementById("here") as ConvCam).viewer as NonNullable<ConvCam["viewer"]>;
    const patterns = await model.patterns({ layer: "scores", channels: [2, 0], seed: 3, gain: [4], shift: [-2] });
    patterns.step(2);
    const { answers } = await patterns.read();
    patterns.dispose();
    return [...answers.toFloat32()];
  });
  gated.answers.forEach((answer, i) => void expect(answer).toBeCloseTo(found[i] as number, 4));
  const reset = (element: ConvCam) => {
    element.gates = [];
  };
  const expectSame = ({ answers }: Grown, { answers: wanted }: Grown) =>
    answers.forEach((answer, i) => void expect(answer).toBeCloseTo(wanted[i] as number, 3));
  expectSame(await after("here", reset), own);

  // By the page itself, through the viewer.
  expectSame(await after("here", (element) => element.viewer?.model.gate("r", { channels: [0, 1], scale: 0 })), gated);
  expectSame(await after("here", (element) => element.viewer?.model.gate("r", { channels: [0, 1], scale: 1 })), own);
  const other = await after("here", (element) => element.viewer?.model.setParameters({ m: new Float32Array(432).fill(0.01) }));
  expect(other.answers).not.toEqual(own.answers);
  expectSame(await after("here", (element) => element.viewer?.model.restore()), own);
});
