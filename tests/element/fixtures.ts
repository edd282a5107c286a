// `test` for the element's tests, with three kinds of page. `page` is a new one, and `warmPage` a new one on a GPU device that was used before.
// `sharedPage` serves many tests, one after the other: it has loaded the element's files and keeps the GPU devices, also that of its worker.
// Whatever was compiled on a device need not be compiled again, which takes SwiftShader seconds.
import type { Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, op } from "../support/graphs.ts";
import { test as base } from "../support/warm-page.ts";

/**
 * A test takes `sharedPage` where it can; `warmPage` if it patches globals other than WebGPU's or needs a document of its own; `page` if it
 * patches WebGPU, counts devices or pipelines, or interrupts compiling.
 */
export const test = base.extend<{ sharedPage: Page }, { keptPage: Page }>({
  keptPage: [
    async ({ browser }, use, { project }) => {
      const context = await browser.newContext(project.use.baseURL === undefined ? {} : { baseURL: project.use.baseURL });
      const page = await context.newPage();
      await page.goto(`${folder}one.html`);
      await keepDevices(page);
      keptPages.add(page);
      await use(page);
      await context.close();
    },
    { scope: "worker" },
  ],
  sharedPage: async ({ keptPage: page }, use) => {
    const size = page.viewportSize();
    await use(page);
    for (const event of ["console", "pageerror", "request"] as const) page.removeAllListeners(event);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    if (size) await page.setViewportSize(size);
    await page.mouse.move(0, 0);
  },
});

const folder = "/tests/element/";
const keptPages = new WeakSet<Page>();

/** Opens a page of this folder. A shared page stays, and takes over the elements of the one that is asked for. */
export async function visit(page: Page, name: "one" | "two" | "worker-mode"): Promise<void> {
  const address = `${folder}${name}.html`;
  if (!keptPages.has(page)) {
    await page.goto(address);
    return;
  }
  await page.evaluate(async (url) => {
    const { head, body } = new DOMParser().parseFromString(await (await fetch(url)).text(), "text/html");
    for (const script of body.querySelectorAll("script")) script.remove();
    for (const { name: attribute } of [...document.body.attributes]) document.body.removeAttribute(attribute);
    document.body.replaceChildren(...head.querySelectorAll("style"), ...body.children);
  }, address);
}

/**
 * Puts two elements beside the body, one on the page and one in a worker, which hold a device each for as long as the page is open. They lie
 * in a closed shadow root, where neither `querySelector` nor a locator finds them.
 */
async function keepDevices(page: Page): Promise<void> {
  const network = encodeModel(graphOf({ inputs: { x: [1, 1, 1, 1] }, nodes: [op("Relu", "x", "y")] }));
  await page.evaluate(
    async (bytes) => {
      await customElements.whenDefined("conv-cam");
      const host = document.createElement("div");
      const root = host.attachShadow({ mode: "closed" });
      document.body.after(host);
      for (const isInWorker of [false, true]) {
        const element = document.createElement("conv-cam") as ConvCam;
        element.toggleAttribute("worker", isInWorker);
        element.src = new Uint8Array(bytes);
        const loaded = new Promise((resolve) => element.addEventListener("load", resolve, { once: true }));
        root.append(element);
        await loaded;
      }
    },
    [...network],
  );
}
