// An element that looks at a picture with a small network, and what is asked of it.
import type { Locator, Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { NdArray } from "../../src/reference/array.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import type { Answers, Query } from "../../src/ui/session/queries.ts";
import type { SmallNetwork } from "../support/small-networks.ts";
import { visit } from "./fixtures.ts";

type Attributes = Readonly<Record<string, string | null>>;

/** Opens an element that looks at a picture of as many pixels as its network takes. */
export async function open(page: Page, { graph, channelsLast }: SmallNetwork, attributes: Attributes): Promise<Locator> {
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
      element.src = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      await drawn;
    },
    [Buffer.from(encodeModel(graph)).toString("base64"), attributes, [height ?? 1, width ?? 1]] as const,
  );
  return page.locator("conv-cam");
}

export const set = (element: Locator, attributes: Attributes) =>
  element.evaluate((one, given) => {
    for (const [name, value] of Object.entries(given)) value === null ? one.removeAttribute(name) : one.setAttribute(name, value);
    return (one as ConvCam).updateComplete;
  }, attributes);

export const ask = <Kind extends Query["kind"]>(element: Locator, query: Extract<Query, { kind: Kind }>) =>
  element.evaluate((one, asked) => (one as ConvCam).ask(asked as never) as never, query) as Promise<Answers[Kind]>;

/** A value as it is on the GPU. As text: Playwright takes seconds for half a million numbers. */
export async function read(element: Locator, value: string): Promise<NdArray> {
  const { shape, text } = await element.evaluate(async (one, name) => {
    const { shape: extents, bytes } = await (one as ConvCam).ask({ kind: "value", value: name });
    let letters = "";
    for (let i = 0; i < bytes.length; i += 16384) letters += String.fromCharCode(...bytes.subarray(i, i + 16384));
    return { shape: extents, text: btoa(letters) };
  }, value);
  return { dtype: "float32", shape, data: Float64Array.from(new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer)) };
}
