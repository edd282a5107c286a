// Networks whose values and inputs do not lie as usual: what is drawn, and whether a picture reaches them.
import { expect, type Page, test } from "@playwright/test";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

/** Opens an element with a network made here; it looks at a canvas whose left half is red and whose right half is blue. */
async function openNetwork(page: Page, graph: Graph, attributes: Readonly<Record<string, string>> = {}): Promise<void> {
  await page.goto("/tests/element/one.html");
  await page.evaluate(
    async ([bytes, given]) => {
      await customElements.whenDefined("conv-cam");
      const element = document.querySelector("conv-cam") as ConvCam;
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 32;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#f00";
      context.fillRect(0, 0, 16, 32);
      context.fillStyle = "#00f";
      context.fillRect(16, 0, 16, 32);
      for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
      element.input = canvas;
      element.src = new Uint8Array(bytes);
      await new Promise((resolve) => element.addEventListener("frame", resolve, { once: true }));
    },
    [[...encodeModel(graph)], attributes] as const,
  );
}

function layoutOf(page: Page, value: string): Promise<{ channels: number; mapHeight: number; mapWidth: number } | null | undefined> {
  return page.evaluate((name) => {
    const element = document.querySelector("conv-cam") as ConvCam;
    const panels = [...(element.shadowRoot?.querySelectorAll(".panel") ?? [])];
    const canvas = panels.find((panel) => panel.querySelector(".name")?.textContent === name)?.querySelector("canvas");
    const layout = canvas && element.viewer?.mosaicOn(canvas)?.layout;
    return layout && { channels: layout.channels, mapHeight: layout.mapHeight, mapWidth: layout.mapWidth };
  }, value);
}

const filter = noise([4, 3, 3, 3]);

/** As tf2onnx writes: channels last but for the convolution itself. */
const channelsLast = graphOf({
  inputs: { x: [1, 8, 10, 3] },
  constants: { f: filter },
  nodes: [
    op("Transpose", "x", "first", { perm: [0, 3, 1, 2] }),
    op("Conv", "first f", "y"),
    op("Transpose", "y", "last", { perm: [0, 2, 3, 1] }),
    op("Relu", "last", "active"),
    op("ArgMax", "active", "map", { axis: 3, keepdims: 0 }),
  ],
  outputs: ["active", "map"],
});

test("values with channels last, and maps of classes, are drawn as maps", async ({ page }) => {
  await openNetwork(page, channelsLast, { layers: "x,y,active,map" });
  expect(await layoutOf(page, "x")).toEqual({ channels: 3, mapHeight: 8, mapWidth: 10 });
  expect(await layoutOf(page, "y")).toEqual({ channels: 4, mapHeight: 6, mapWidth: 8 });
  expect(await layoutOf(page, "active")).toEqual({ channels: 4, mapHeight: 6, mapWidth: 8 });
  expect(await layoutOf(page, "map")).toEqual({ channels: 1, mapHeight: 6, mapWidth: 8 });
});

test("the layers attribute says how a value lies", async ({ page }) => {
  await openNetwork(page, channelsLast, { layers: "active@nchw,y@nhwc" });
  expect(await layoutOf(page, "active")).toEqual({ channels: 6, mapHeight: 8, mapWidth: 4 });
  expect(await layoutOf(page, "y")).toEqual({ channels: 8, mapHeight: 4, mapWidth: 6 });
});
