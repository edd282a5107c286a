// <conv-cam boxes>: what a detection network has found, on its picture and as a list, on the page and in a worker; and what is said where there is nothing.
import { expect, type Page } from "@playwright/test";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { violations } from "../support/axe.ts";
import { classNames, lists, places } from "../support/detection-networks.ts";
import { runReference } from "../support/onnxruntime.ts";
import { smallNetworks } from "../support/small-networks.ts";
import { test, visit } from "./fixtures.ts";

/** Opens an element with a picture of blocks, whose network answers with boxes. */
async function open(page: Page, id: string, graph: Graph, boxes: string): Promise<void> {
  await visit(page, "worker-mode");
  await page.evaluate(
    async ([which, bytes, text, names]) => {
      await customElements.whenDefined("conv-cam");
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 64;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      for (let i = 0; i < 64; i++) {
        context.fillStyle = `hsl(${(i * 77) % 360} 80% ${20 + ((i * 31) % 70)}%)`;
        context.fillRect((i % 8) * 8, Math.floor(i / 8) * 8, 8, 8);
      }
      const element = document.getElementById(which as string) as ConvCam;
      element.removeAttribute("layers");
      element.setAttribute("boxes", text as string);
      element.labels = names as string[];
      element.input = canvas;
      element.src = new Uint8Array(bytes as number[]);
    },
    [id, [...encodeModel(graph)], boxes, classNames] as const,
  );
}

for (const id of ["here", "there"])
  test(`draws what was found and lists it, ${id === "here" ? "on the page" : "in a worker"}, above a score that a slider changes`, async ({
    sharedPage: page,
  }) => {
    await open(page, id, lists, "0.4");
    const panel = page.locator(`#${id} .boxes`);
    await expect(panel.locator("li").first()).toBeVisible();
    const given = await page.evaluate(async (which) => {
      const { bytes } = await (document.getElementById(which) as ConvCam).ask({ kind: "value", value: "x" });
      return [...bytes];
    }, id);
    const input = new Tensor("float32", [1, 3, 64, 64], Uint8Array.from(given));
    const found = (await runReference(lists, { x: input }, ["scores_found"])).get("scores_found")?.toNumbers() ?? [];
    const above = (least: number) => found.filter((score) => score >= least).length;
    expect(above(0.4)).toBeGreaterThan(0);
    await expect(panel.locator("li")).toHaveCount(above(0.4));
    await expect(panel.locator("li").first()).toContainText(
      new RegExp(`(${classNames.join("|")}) ${(100 * Math.max(...found)).toFixed(1)}%`),
    );
    await expect(panel.locator(".boxes-summary")).toContainText(above(0.4) === 1 ? "1 thing" : `${above(0.4)} things`);
    await expect(panel.locator("canvas")).toHaveAttribute("aria-label", /with (a box|\d+ boxes) on it/);
    const colors = await panel.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
    expect(colors).toBeGreaterThan(64);
    expect(await violations(page, {}, `#${id}`)).toEqual([]);
    await panel.locator("input[type=range]").fill("0.99");
    await expect(page.locator(`#${id}`)).toHaveAttribute("boxes", "0.99");
    await expect(panel.locator("li")).toHaveCount(above(0.99));
    await page.evaluate((which) => document.getElementById(which)?.setAttribute("boxes", "none"), id);
    await expect(panel).toBeHidden();
  });

test("follows another picture, and suppresses what covers each other in a list of places", async ({ sharedPage: page }) => {
  await open(page, "here", places, "0.5");
  const rows = page.locator("#here .boxes li");
  await expect(rows.first()).toBeVisible();
  const before = await rows.allTextContents();
  const give = (hasPixels: boolean) =>
    page.evaluate((isDrawn) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 64;
      if (isDrawn) canvas.getContext("2d")?.fillRect(0, 0, 64, 64);
      (document.getElementById("here") as ConvCam).input = canvas;
    }, hasPixels);
  await give(true);
  await expect(async () => expect(await rows.allTextContents()).not.toEqual(before)).toPass({ timeout: 30_000 });
  await expect(rows).not.toHaveCount(0);
  // One that nobody has drawn on cannot be read.
  await give(false);
  await expect(page.locator("#here .boxes .part-trouble")).toHaveText("There is no picture to find things in.");
  await expect(rows).toHaveCount(0);
});

test("says where it cannot be told what is a box, and what a threshold is", async ({ sharedPage: page }) => {
  await open(page, "here", smallNetworks["a depthwise network"].graph, "");
  const panel = page.locator("#here .boxes");
  await expect(panel.locator(".part-trouble")).toContainText("It cannot be told which of this network's outputs are boxes");
  await expect(panel.locator("canvas")).toBeHidden();
  await page.evaluate(() => document.getElementById("here")?.setAttribute("boxes", "many"));
  await expect(panel.locator(".part-trouble")).toContainText("expected the least score of a box, from 0 to 1, or none");
});
