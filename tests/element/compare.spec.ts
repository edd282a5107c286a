// Two networks that are compared, in every way of showing it, and checkpoints on a slider, against values that are read from the GPU.
import { expect, type Locator, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { test, visit } from "./fixtures.ts";
import { look } from "./looked-at.ts";

/** One convolution and its activation; with a seed in the metadata it is known to be blank. */
function network(seed: number, { isBlank = false, channels = 4 } = {}): number[] {
  const graph = graphOf({
    inputs: { x: [1, 1, 12, 12] },
    constants: { w: noise([channels, 1, 3, 3], seed), b: noise([channels], seed + 1) },
    nodes: [op("Conv", "x w b", "sum", { pads: [1, 1, 1, 1] }), op("Relu", "sum", "maps"), op("GlobalAveragePool", "maps", "scores")],
    outputs: ["scores"],
  });
  return [...encodeModel({ ...graph, metadata: new Map(isBlank ? [["seed", "1"]] : [["step", "1200"]]) })];
}

/** Opens an element, of which one panel may show no maps. */
async function open(
  page: Page,
  src: readonly number[],
  attributes: Readonly<Record<string, string>>,
  compare?: readonly number[],
): Promise<Locator> {
  const element = await look(page, src, attributes, compare);
  await expect(element.locator(".panel").first()).toBeVisible();
  return element;
}

/** A value of both networks, or of the one. */
const read = (page: Page, value: string) =>
  page.evaluate(async (name) => {
    const element = document.querySelector("conv-cam") as ConvCam;
    await element.updateComplete;
    const { model, compared } = element.viewer ?? {};
    return [(await model?.read(name))?.toNumbers() ?? [], (await compared?.read(name))?.toNumbers() ?? []] as const;
  }, value);

/** How far the elements of two values lie apart at most. */
const farthest = (a: readonly number[], b: readonly number[] = []) =>
  a.length === b.length ? Math.max(...a.map((x, i) => Math.abs(x - (b[i] as number)))) : Infinity;

const set = (page: Page, attributes: Readonly<Record<string, string>>) =>
  page.evaluate(async (given) => {
    const element = document.querySelector("conv-cam") as ConvCam;
    for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
    await element.updateComplete;
  }, attributes);

test("two networks in two colours with a key, side by side, and as a difference with its own numbers", async ({ sharedPage: page }) => {
  const element = await open(page, network(3), { layers: "maps", view: "overview", "compare-names": "late | early" }, network(8));
  const key = element.locator(".compare-key");
  await expect(key).toContainText("magenta: late");
  await expect(key).toContainText("green: early");
  await expect(key).toContainText("white: both alike");
  // A colour and its words stay together.
  await page.setViewportSize({ width: 420, height: 700 });
  for (const kind of await key.locator(".kind").all())
    expect(await kind.evaluate((one) => one.getBoundingClientRect().height)).toBeLessThan(30);
  await page.setViewportSize({ width: 1280, height: 720 });
  await set(page, { "compare-as": "side" });
  await expect(element.locator(".panel .name")).toHaveText(["maps · late", "maps · early"]);
  await expect(key).toContainText("late stands first");
  await set(page, { "compare-as": "difference", view: "layer", layer: "maps" });
  await expect(key).toContainText("early minus late");
  await expect(element.locator(".panel .name")).toHaveText(["maps · difference"]);
  await expect(element.locator(".whose")).toHaveText("Statistics of the difference, early minus late; all else is of late.");
  const [first, second] = await read(page, "maps");
  const differences = first.map((x, i) => (second[i] as number) - x);
  expect(Math.max(...differences.map(Math.abs))).toBeGreaterThan(0.01);
  const statistics = await page.evaluate(() =>
    (document.querySelector("conv-cam") as ConvCam).ask({ kind: "statistics", value: "maps", shows: "difference" }),
  );
  for (const [channel, { low, high, mean }] of statistics.entries()) {
    const own = differences.slice(channel * 144, (channel + 1) * 144);
    expect(low).toBeCloseTo(Math.min(...own), 5);
    expect(high).toBeCloseTo(Math.max(...own), 5);
    expect(mean).toBeCloseTo(own.reduce((sum, x) => sum + x, 0) / 144, 5);
  }
  const state = await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state);
  expect(state).toMatchObject({ compareAs: "difference", compareNames: "late | early" });
});

test("two networks are drawn in one range over both, and the legends say it", async ({ sharedPage: page }) => {
  const given = { layers: "maps", view: "overview", normalize: "layer", "compare-as": "side" };
  const element = await open(page, network(3), given, network(8));
  const ends = element.locator(".panel .legend .high");
  const [first, second] = await read(page, "maps");
  const largest = [first, second].map((all) => Math.max(...all));
  expect(largest[0]).not.toBeCloseTo(largest[1] as number, 2);
  const shown = async () => (await ends.allTextContents()).map(Number);
  await expect(async () => expect((await shown())[1]).toBeCloseTo(largest[1] as number, 3)).toPass();
  await expect(element.locator(".compare-key")).toContainText("Each has a range of its own.");
  // In two colours one legend tells both.
  await set(page, { "compare-as": "colors" });
  await expect(async () => {
    const told = (await ends.first().textContent())?.split(" | ").map(Number) ?? [];
    expect(told).toHaveLength(2);
    for (const i of [0, 1]) expect(told[i]).toBeCloseTo(largest[i] as number, 3);
  }).toPass();
  await expect(element.locator(".panel .legend .low").first()).toHaveText("0");
  await expect(element.locator(".compare-key")).toContainText("Each has a range of its own, first | second.");
  await set(page, { "compare-range": "common" });
  await expect(async () => expect(Number(await ends.first().textContent())).toBeCloseTo(Math.max(...largest), 3)).toPass();
  await set(page, { "compare-as": "side" });
  const both = Math.max(...largest);
  await expect(async () => {
    const [one, other] = await shown();
    expect(one).toBeCloseTo(both, 3);
    expect(other).toBe(one);
  }).toPass();
  await expect(element.locator(".compare-key")).toContainText("Both have one range");
  expect(await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state.compareRange)).toBe("common");
  await set(page, { "compare-range": "mine" });
  await expect(element.locator(".problem")).toContainText("compare-range 'mine': expected own or common.");
});

test("a blank twin is the same network with random weights, and the same for the same seed", async ({ sharedPage: page }) => {
  await open(page, network(3), { layers: "maps", compare: "blank:5" });
  const [own, twin] = await read(page, "maps");
  await open(page, network(3), { layers: "maps", blank: "5" });
  const [blank] = await read(page, "maps");
  expect(farthest(own, twin)).toBeGreaterThan(0.01);
  expect(farthest(blank, twin)).toBeLessThan(1e-5);
});

test("branches that there are not are told, and so is another network whose layers differ", async ({ sharedPage: page }) => {
  const element = await open(page, network(3), { layers: "maps", compare: "branches:a_+b_" });
  await expect(element.getByRole("alert")).toContainText("no layer that begins with 'a_' has one like it with 'b_'");
  await expect(element.locator(".panel .name")).toHaveText(["maps"]);
  await open(page, network(3), { layers: "maps", "compare-as": "difference" }, network(3, { channels: 5 }));
  await expect(element.getByRole("alert").first()).toContainText("'maps' as 1 × 5 × 12 × 12 instead of 1 × 4 × 12 × 12");
  await expect(element.locator(".trouble")).toContainText("'maps' is 4 × 12 × 12 in the first and 5 × 12 × 12 in the second");
  await expect(element.locator(".compare-key")).toBeHidden();
});

test("what a page prevents from being said leaves no empty box, and is told once", async ({ sharedPage: page }) => {
  const element = await open(page, network(3), { layers: "maps" });
  const told = () =>
    page.evaluate(async () => {
      const one = document.querySelector("conv-cam") as ConvCam;
      let count = 0;
      one.addEventListener("error", (event) => {
        event.preventDefault();
        count++;
      });
      one.setAttribute("compare", "branches:a_+b_");
      await one.updateComplete;
      for (const columns of ["2", "3", "4"]) {
        one.setAttribute("columns", columns);
        await one.updateComplete;
      }
      return count;
    });
  expect(await told()).toBe(1);
  await expect(element.locator(".compare-key")).toBeHidden();
});

test("a seed that is no number is refused in a sentence", async ({ sharedPage: page }) => {
  await visit(page, "one");
  await page.evaluate((bytes) => {
    const element = document.querySelector("conv-cam") as ConvCam;
    for (const name of element.getAttributeNames()) element.removeAttribute(name);
    element.setAttribute("compare", "blank:some");
    element.src = new Uint8Array(bytes);
  }, network(3));
  await expect(page.locator("conv-cam").getByRole("alert")).toContainText("compare 'blank:some': expected a number");
});

test("checkpoints are scrubbed by keys, without a new plan; one that is refused says why, and the rest stay", async ({
  sharedPage: page,
}) => {
  const series = [network(1, { isBlank: true }), network(2), network(4, { channels: 5 }), network(3)];
  const expected: number[][] = [];
  for (const i of [0, 1, 3]) {
    await open(page, series[i] as number[], { layers: "maps" });
    expected[i] = [...(await read(page, "maps"))[0]];
  }
  const element = await open(page, series[3] as number[], { layers: "maps" });
  await page.evaluate(async (files) => {
    const viewer = document.querySelector("conv-cam") as ConvCam;
    viewer.checkpointFiles = files.map((bytes, i) => new File([new Uint8Array(bytes)], `step-${i}.onnx`));
    viewer.setAttribute("checkpoint", "0");
    viewer.setAttribute("checkpoints", viewer.checkpointFiles.map(({ name }) => name).join(" "));
    await viewer.updateComplete;
  }, series);
  const shown = (checkpoint: number) => async () => farthest((await read(page, "maps"))[0], expected[checkpoint]);
  await expect.poll(shown(0)).toBeLessThan(1e-5);
  await expect(element.locator(".checkpoints-said")).toHaveText("step-0.onnx, not trained");
  const plan = () =>
    page.evaluate(async () => {
      // The plan to keep takes the place of the first one by itself.
      await (document.querySelector("conv-cam") as ConvCam).viewer?.model.settled;
      const { before, viewer = (document.querySelector("conv-cam") as ConvCam).viewer } = globalThis as {
        before?: unknown;
        viewer?: ConvCam["viewer"];
      };
      Object.assign(globalThis, { before: viewer?.model.plan });
      return before === viewer?.model.plan;
    });
  await plan();
  const slider = element.getByRole("slider", { name: "Checkpoint" });
  await slider.press("ArrowRight");
  await expect(element.locator(".checkpoints-said")).toHaveText("step-1.onnx, after 1,200 steps");
  await expect.poll(shown(1)).toBeLessThan(1e-5);
  await slider.press("ArrowRight");
  await expect(element.locator(".checkpoints").getByRole("alert")).toContainText("step-2.onnx");
  await expect.poll(shown(1)).toBeLessThan(1e-5);
  await slider.press("ArrowRight");
  await expect.poll(shown(3)).toBeLessThan(1e-5);
  await expect(element.locator(".checkpoints").getByRole("alert")).toHaveCount(0);
  expect(await plan()).toBe(true);
  await element.getByRole("button", { name: "step-0.onnx" }).click();
  await expect.poll(shown(0)).toBeLessThan(1e-5);
  await page.evaluate(() => document.querySelector("conv-cam")?.removeAttribute("checkpoints"));
  await expect.poll(shown(3)).toBeLessThan(1e-5);
  await expect(element.locator(".checkpoints")).toBeHidden();
});

test("of checkpoints that are asked for the last is shown, also while one before is still being fetched", async ({ sharedPage: page }) => {
  const element = await open(page, network(3), { layers: "maps" });
  let answer = () => {};
  const waiting = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route("**/slow.onnx", async (route) => {
    await waiting;
    await route.fulfill({ body: Buffer.from(network(4)) });
  });
  await page.route("**/late.onnx", (route) => route.fulfill({ body: Buffer.from(network(2)) }));
  const own = (await read(page, "maps"))[0];
  const slow = page.waitForRequest("**/slow.onnx");
  await element.evaluate((one) => {
    one.setAttribute("checkpoint", "0");
    one.setAttribute("checkpoints", "/slow.onnx /late.onnx");
  });
  await slow;
  await element.evaluate((one) => one.setAttribute("checkpoint", "1"));
  const said = element.locator(".checkpoints-said");
  await expect(said).toHaveText("late.onnx, after 1,200 steps");
  await expect.poll(async () => farthest((await read(page, "maps"))[0], own)).toBeGreaterThan(0.01);
  const late = (await read(page, "maps"))[0];
  await element.evaluate((one) => one.setAttribute("checkpoint", "0"));
  await expect(said).toHaveText("slow.onnx");
  answer();
  await expect.poll(async () => farthest((await read(page, "maps"))[0], late)).toBeGreaterThan(0.01);
});

test("a checkpoint by address is fetched once, refused once, and tried again where it could not be fetched", async ({
  sharedPage: page,
}) => {
  const element = await open(page, network(3), { layers: "maps" });
  let isOffline = true;
  const fetched: string[] = [];
  const files: Readonly<Record<string, readonly number[]>> = { "/other.onnx": network(4, { channels: 5 }), "/late.onnx": network(2) };
  for (const [path, bytes] of Object.entries(files))
    await page.route(`**${path}`, (route) => {
      fetched.push(path);
      return isOffline && path === "/late.onnx" ? route.abort() : route.fulfill({ body: Buffer.from(bytes) });
    });
  const own = (await read(page, "maps"))[0];
  await element.evaluate((one) => {
    one.setAttribute("checkpoint", "0");
    one.setAttribute("checkpoints", "/other.onnx /late.onnx");
  });
  const alert = element.locator(".checkpoints").getByRole("alert");
  await expect(alert).toContainText("other.onnx");
  await element.evaluate((one) => (one as ConvCam).updateComplete);
  expect(fetched.filter((path) => path === "/other.onnx")).toHaveLength(1);
  expect(farthest((await read(page, "maps"))[0], own)).toBe(0);
  const go = (index: number) => element.evaluate((one, to) => one.setAttribute("checkpoint", `${to}`), index);
  await go(1);
  await expect(alert).toContainText("'late.onnx' could not be read");
  isOffline = false;
  await go(0);
  await go(1);
  await expect(element.locator(".checkpoints-said")).toHaveText("late.onnx, after 1,200 steps");
  await expect(alert).toHaveCount(0);
  await expect.poll(async () => farthest((await read(page, "maps"))[0], own)).toBeGreaterThan(0.01);
  expect(fetched.filter((path) => path === "/other.onnx")).toHaveLength(1);
});
