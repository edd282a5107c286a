// What the GPU refuses while an element draws is said on it, on the page and in a worker, until a frame is drawn again.
import { expect, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, op } from "../support/graphs.ts";
import { test, visit } from "./fixtures.ts";
import { patchWorker } from "./patch-worker.ts";

/** Pixels are class scores: little to compile, which each of these pages does anew. */
const network = encodeModel(
  graphOf({ inputs: { x: [1, 1, 2, 2] }, nodes: [op("Flatten", "x", "scores"), op("Softmax", "scores", "y", { axis: 1 })] }),
);

/** Breaks the next passes of the network's own frames: dispatches of too many workgroups. Runs on the page or in the worker. */
const breakable = `
  const { beginComputePass } = GPUCommandEncoder.prototype;
  GPUCommandEncoder.prototype.beginComputePass = function (descriptor) {
    const pass = beginComputePass.call(this, descriptor);
    if (globalThis.breaksFrames && descriptor?.label === "frame") pass.dispatchWorkgroups(70000);
    return pass;
  };
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    globalThis.spoil = () => {
      const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST });
      buffer.destroy();
      device.queue.writeBuffer(buffer, 0, new Uint32Array(1));
    };
    return device;
  };
  const channel = new BroadcastChannel("faults");
  channel.onmessage = ({ data }) => {
    if (data === "spoil") globalThis.spoil();
    else globalThis.breaksFrames = data;
    channel.postMessage("done");
  };`;

async function open(page: Page, isInWorker: boolean): Promise<void> {
  if (isInWorker) await patchWorker(page, breakable);
  else await page.addInitScript(breakable);
  await page.route("**/scores.onnx*", (route) => route.fulfill({ body: Buffer.from(network) }));
  await visit(page, "one");
  await page.evaluate(async (worker) => {
    await customElements.whenDefined("conv-cam");
    const element = document.querySelector("conv-cam") as ConvCam;
    element.toggleAttribute("worker", worker);
    element.src = "/scores.onnx";
  }, isInWorker);
  await draw(page);
  await expect(page.locator(".bars")).toBeVisible();
}

/** Gives the element a picture. */
function draw(page: Page): Promise<void> {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 28;
    canvas.getContext("2d")?.fillRect(12, 4, 3, 20);
    (document.querySelector("conv-cam") as ConvCam).input = canvas;
  });
}

/** Resolves when the patch has heard it. */
const tell = (page: Page, what: boolean | "spoil") =>
  page.evaluate(
    (data) =>
      new Promise((resolve) => {
        const channel = new BroadcastChannel("faults");
        channel.onmessage = resolve;
        channel.postMessage(data);
      }),
    what,
  );

for (const isInWorker of [false, true]) {
  const where = isInWorker ? "in a worker" : "on the page";

  test(`${where}: a frame that the GPU refuses is an error until one is drawn, a fault of unknown origin until the network is loaded again`, async ({
    page,
  }) => {
    await open(page, isInWorker);
    await tell(page, true);
    await draw(page);
    await expect(page.getByRole("alert")).toContainText("70000");
    // It leaves no answer.
    await expect(page.locator(".bars")).toBeHidden();
    await tell(page, false);
    await draw(page);
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expect(page.locator(".bars")).toBeVisible();

    await tell(page, "spoil");
    await expect(page.getByRole("alert")).toContainText("The GPU refused a command");
    await draw(page);
    await expect(page.getByRole("alert")).toContainText("The GPU refused a command");
    await page.evaluate(() => {
      (document.querySelector("conv-cam") as ConvCam).src = "/scores.onnx?again";
    });
    await expect(page.getByRole("alert")).toHaveCount(0);
    await expect(page.locator(".bars")).toBeVisible();
  });
}
