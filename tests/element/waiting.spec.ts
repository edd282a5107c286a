// An element whose server or visitor does not answer: nothing else waits, another source replaces it, and nothing stays open.
import { expect, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import type { ConvCamEvents } from "../../src/ui/events.ts";
import { graphOf, op } from "../support/graphs.ts";
import { test, visit } from "./fixtures.ts";

const network = encodeModel(graphOf({ inputs: { x: [1, 1, 8, 8] }, nodes: [op("Relu", "x", "y")] }));

/** Puts an element on the page whose input never comes. */
async function openHanging(page: Page, input: string): Promise<void> {
  await page.route("**/never/**", () => {});
  await visit(page, "one");
  await page.evaluate(
    async ([bytes, address]) => {
      await customElements.whenDefined("conv-cam");
      const element = document.querySelector("conv-cam") as ConvCam;
      for (const name of element.getAttributeNames()) element.removeAttribute(name);
      element.input = address as string;
      element.src = new Uint8Array(bytes as number[]);
    },
    [[...network], input] as const,
  );
}

/** Replaces what asks for the camera by a prompt that the test answers with a stream of its own. */
async function holdPrompt(page: Page): Promise<void> {
  await page.evaluate(() => {
    const prompt: { stream?: MediaStream; answer?: () => void } = {};
    Object.assign(window, { prompt });
    const canvas = document.createElement("canvas");
    canvas.getContext("2d")?.fillRect(0, 0, 8, 8);
    Object.defineProperty(navigator.mediaDevices, "getUserMedia", {
      configurable: true,
      value: () =>
        new Promise((resolve) => {
          prompt.answer = () => {
            prompt.stream = canvas.captureStream();
            resolve(prompt.stream);
          };
        }),
    });
  });
}

const cameraAsked = (page: Page) => page.waitForFunction(() => "answer" in (window as unknown as { prompt: object }).prompt);

const freePrompt = (page: Page) => page.evaluate(() => Reflect.deleteProperty(navigator.mediaDevices, "getUserMedia"));

/** Answers the prompt, and whether the camera runs a moment later. */
async function tracksAfterAnswer(page: Page): Promise<readonly string[] | undefined> {
  await page.evaluate(() => (window as unknown as { prompt: { answer?: () => void } }).prompt.answer?.());
  const states = () =>
    page.evaluate(() =>
      (window as unknown as { prompt: { stream?: MediaStream } }).prompt.stream?.getTracks().map((one) => one.readyState),
    );
  await expect.poll(states).not.toContain("live");
  return states();
}

for (const input of ["/never/picture.png", "camera"])
  test(`a network is shown while its input, ${input}, does not come, and another input replaces it`, async ({ sharedPage: page }) => {
    await visit(page, "one");
    await holdPrompt(page);
    await openHanging(page, input);
    await expect(page.locator("conv-cam .panel").first()).toBeVisible();
    if (input === "camera") await cameraAsked(page);
    const done = await page.evaluate(async () => {
      const element = document.querySelector("conv-cam") as ConvCam;
      element.input = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
      await element.updateComplete;
      return element.picture instanceof HTMLCanvasElement;
    });
    expect(done).toBe(true);
    if (input === "camera") expect(await tracksAfterAnswer(page)).toEqual(["ended"]);
    await freePrompt(page);
  });

test("the camera is let go of where it is allowed after the element has left the page", async ({ sharedPage: page }) => {
  await visit(page, "one");
  await holdPrompt(page);
  await openHanging(page, "camera");
  await cameraAsked(page);
  await page.evaluate(async () => {
    const element = document.querySelector("conv-cam") as ConvCam;
    element.remove();
    await element.updateComplete;
  });
  expect(await tracksAfterAnswer(page)).toEqual(["ended"]);
  await freePrompt(page);
});

test("another network replaces one whose server does not answer", async ({ sharedPage: page }) => {
  await page.route("**/never/**", () => {});
  await visit(page, "one");
  const asked = page.waitForRequest("**/never/network.onnx");
  await page.evaluate(async () => {
    await customElements.whenDefined("conv-cam");
    const element = document.querySelector("conv-cam") as ConvCam;
    for (const name of element.getAttributeNames()) element.removeAttribute(name);
    const told: string[] = [];
    element.addEventListener("error", (event) => told.push((event as unknown as CustomEvent<ConvCamEvents["error"]>).detail.error.message));
    Object.assign(window, { told });
    element.setAttribute("src", "/never/network.onnx");
  });
  await asked;
  const errors = await page.evaluate(
    async (bytes) => {
      const element = document.querySelector("conv-cam") as ConvCam;
      element.src = new Uint8Array(bytes);
      await element.updateComplete;
      return (window as unknown as { told: string[] }).told;
    },
    [...network],
  );
  expect(errors).toEqual([]);
  await expect(page.locator("conv-cam .panel").first()).toBeVisible();
});
