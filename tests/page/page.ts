// What the page tests share: opening the page, reading canvases, and looking at the element inside.
import { expect, type Page } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";

/** Opens the page and waits until the first network has answered. */
export async function openPage(page: Page, query = ""): Promise<void> {
  await page.goto(`/${query}`);
  await expect(page.locator("#top-share")).toHaveText(/%/);
}

export interface CanvasPixels {
  readonly width: number;
  readonly height: number;
  /** RGBA. */
  readonly data: readonly number[];
  readonly columns: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly gap: number;
}

/** The pixels of a layer's mosaic, drawn again and copied in the same task: later a WebGPU canvas is empty. */
export async function readMosaic(page: Page, layer: string): Promise<CanvasPixels> {
  const { bytes, ...rest } = await page.evaluate(async (name) => {
    const element = document.querySelector("conv-cam") as ConvCam;
    await element.updateComplete;
    const viewer = element.viewer;
    const panels = [...(element.shadowRoot?.querySelectorAll(".panel") ?? [])];
    const canvas = panels.find((panel) => panel.querySelector(".name")?.textContent === name)?.querySelector("canvas");
    if (!viewer || !canvas) throw new Error(`no panel '${name}'`);
    const copy = document.createElement("canvas");
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext("2d") as CanvasRenderingContext2D;
    void viewer.frame({ runs: false });
    context.drawImage(canvas, 0, 0);
    const layout = viewer.mosaicOn(canvas)?.layout;
    const { columns = 0, tileWidth = 0, tileHeight = 0, gap = 0 } = layout ?? {};
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    let bytes = "";
    for (let i = 0; i < data.length; i += 16384) bytes += String.fromCharCode(...data.subarray(i, i + 16384));
    // Playwright takes seconds for half a million numbers, and none for a string.
    return { width: copy.width, height: copy.height, bytes: btoa(bytes), columns, tileWidth, tileHeight, gap };
  }, layer);
  return { ...rest, data: [...Buffer.from(bytes, "base64")] };
}

/** A value of the network on the page, dense. */
export function readValue(page: Page, name: string): Promise<number[]> {
  return page.evaluate(async (value) => {
    const element = document.querySelector("conv-cam") as ConvCam;
    return (await element.viewer?.model.read(value))?.toNumbers() ?? [];
  }, name);
}

interface MadeUpFile {
  readonly name: string;
  readonly bytes: readonly number[];
}

/** Drops a made-up file on the page. */
export async function dropFile(page: Page, name: string, type: string, bytes: readonly number[]): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, fileType, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(content as number[])], fileName as string, { type: fileType as string }));
      return data;
    },
    [name, type, bytes] as const,
  );
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}

/** Drops a folder of made-up files, through the interface that browsers give folders by. */
export async function dropFolder(page: Page, folder: string, files: readonly MadeUpFile[]): Promise<void> {
  await page.evaluate(
    ([folderName, list]) => {
      const entries = list.map(({ name, bytes }) => ({
        isFile: true,
        fullPath: `/${folderName}/${name}`,
        file: (give: (file: File) => void) => give(new File([new Uint8Array(bytes)], name)),
      }));
      const batches = [entries, []];
      const entry = {
        isFile: false,
        createReader: () => ({ readEntries: (give: (some: unknown) => void) => give(batches.shift()) }),
      };
      const event = new Event("drop", { bubbles: true, cancelable: true });
      Object.assign(event, { dataTransfer: { items: [{ webkitGetAsEntry: () => entry, getAsFile: () => null }] } });
      document.body.dispatchEvent(event);
    },
    [folder, files] as const,
  );
}
