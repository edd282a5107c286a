// What an element needs on a page of others: it waits for the window, shows a poster, has controls, and is never blank.
import { expect, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, op } from "../support/graphs.ts";
import { test, visit } from "./fixtures.ts";

/** Puts one element on the page. */
async function place(page: Page, html: string): Promise<void> {
  await visit(page, "one");
  await page.evaluate(async (code) => {
    await customElements.whenDefined("conv-cam");
    document.body.innerHTML = code;
    const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
    canvas.getContext("2d")?.fillRect(0, 0, 28, 28);
    const element = document.querySelector("conv-cam") as ConvCam;
    if (!element.hasAttribute("input")) element.input = canvas;
  }, html);
}

/** A picture that is on the page already. */
const dot = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=";
const mnist = 'src="/models/mnist-trained.onnx" layers="conv_1"';

test("fetches nothing far from the window where it is lazy, and its network when it comes near", async ({ sharedPage: page }) => {
  const networks: string[] = [];
  page.on("request", (request) => request.url().endsWith(".onnx") && networks.push(request.url()));
  await place(page, `<p style="height: 9000px">Text</p><conv-cam ${mnist} loading="lazy"></conv-cam>`);
  await page.locator("conv-cam").evaluate((element: ConvCam) => element.updateComplete);
  expect(networks).toEqual([]);
  await expect(page.locator("conv-cam .panel")).toHaveCount(0);
  await page.locator("conv-cam").evaluate((element) => element.scrollIntoView());
  await expect(page.locator("conv-cam .panel .name")).toHaveText(["conv_1"]);
  expect(networks).toHaveLength(1);
});

test("a poster stands in for the maps until there are some, and a caption stays", async ({ sharedPage: page }) => {
  await place(page, `<conv-cam poster="${dot}" layers="conv_1"><p slot="caption">Digits</p></conv-cam>`);
  const poster = page.locator("conv-cam [part=poster]");
  await expect(poster).toBeVisible();
  await expect(page.getByText("Digits")).toBeVisible();
  await page.locator("conv-cam").evaluate((element: ConvCam) => {
    element.src = "/models/mnist-trained.onnx";
  });
  await expect(page.locator("conv-cam .bars .top .label")).toBeVisible();
  await expect(poster).toBeHidden();
  await expect(page.getByText("Digits")).toBeVisible();
});

test("controls have names, obey the keyboard, write attributes, and can be hidden one by one", async ({ sharedPage: page }) => {
  await place(page, `<conv-cam ${mnist} controls hide="camera"></conv-cam>`);
  const element = page.locator("conv-cam");
  const bar = page.getByRole("toolbar", { name: "Controls" });
  await expect(bar.getByRole("button", { name: "Picture…" })).toBeVisible();
  await expect(bar.getByRole("button", { name: "Camera" })).toBeHidden();
  const brightness = bar.getByRole("slider", { name: "Brightness" });
  await brightness.press("ArrowRight");
  await expect(element).toHaveAttribute("gamma", "0.841");
  await expect(brightness).toHaveAttribute("aria-valuetext", "gamma 0.841");
  await brightness.press("ArrowLeft");
  await expect(element).not.toHaveAttribute("gamma");
  // A still picture does not play.
  await expect(bar.getByRole("button", { name: "Pause" })).toBeHidden();
  await bar.getByLabel("Colours").selectOption("magma");
  await expect(element).toHaveAttribute("colormap", "magma");
  await element.evaluate((one) => one.setAttribute("normalize", "0..6"));
  await expect(bar.getByLabel("Range")).toHaveValue("0..6");
  const told = await element.evaluateHandle((one: ConvCam) => {
    const events: string[] = [];
    for (const type of ["play", "pause"]) one.addEventListener(type, () => events.push(type));
    one.input = "camera";
    return events;
  });
  const pause = bar.getByRole("button", { name: "Pause" });
  await expect(pause).toBeVisible();
  await pause.focus();
  await page.keyboard.press("Enter");
  await expect(element).toHaveAttribute("paused", "");
  await expect(bar.getByRole("button", { name: "Step" })).toBeEnabled();
  await page.keyboard.press("k");
  await expect(pause).toBeVisible();
  expect(await told.jsonValue()).toEqual(["pause", "play"]);
  await element.evaluate((one) => one.setAttribute("hide", "colors nonsense"));
  await expect(page.locator("conv-cam .problem")).toContainText("hide 'nonsense': expected overview, presets, play");
  await expect(bar.getByLabel("Colours")).toBeHidden();
  await element.evaluate((one: ConvCam) => {
    one.setAttribute("hide", "colors");
    one.controls = false;
  });
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await expect(bar).toBeHidden();
});

const lacks: readonly { readonly what: string; readonly patch: () => void; readonly says: string }[] = [
  {
    what: "WebGPU",
    patch: () => Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined }),
    says: "Try Chrome 113 or later",
  },
  {
    what: "an adapter",
    patch: () => {
      GPU.prototype.requestAdapter = () => Promise.resolve(null);
    },
    says: "Check that hardware acceleration is on",
  },
];
for (const { what, patch, says } of lacks)
  test(`without ${what} shows poster, graph, table and what to do`, async ({ warmPage: page }) => {
    await page.addInitScript(patch);
    await place(page, `<conv-cam ${mnist} poster="${dot}"><p slot="unsupported">See the film instead.</p></conv-cam>`);
    const element = page.locator("conv-cam");
    await expect(element.locator(".problem")).toContainText(says);
    await expect(page.getByText("See the film instead.")).toBeVisible();
    await expect(element.locator("[part=poster]")).toBeVisible();
    await expect(element.locator(".band-node")).toHaveCount(7);
    await expect(element.getByRole("row", { name: /conv_1/ })).toContainText("320");
    await element.evaluate((one) => one.setAttribute("view", "overview"));
    await expect(element.locator(".band-node")).toHaveCount(7);
    await expect(element.locator(".problem")).toContainText(says);
  });

test("a network that cannot run shows its graph under view=overview", async ({ sharedPage: page }) => {
  const bytes = encodeModel(graphOf({ inputs: { x: [1, 1, 8, 8] }, nodes: [op("Relu", "x", "a"), op("Nonsense", "a", "y")] }));
  await place(page, '<conv-cam view="overview"></conv-cam>');
  await page.locator("conv-cam").evaluate(
    (element: ConvCam, given) => {
      element.src = Uint8Array.from(given);
    },
    [...bytes],
  );
  await expect(page.locator("conv-cam .problem")).toContainText("Nonsense");
  await expect(page.locator("conv-cam .band-node")).not.toHaveCount(0);
});

test("an overview that was shown without a GPU is alive again once there is one", async ({ warmPage: page }) => {
  await page.addInitScript(() => {
    const { requestAdapter } = GPU.prototype;
    Object.assign(window, { adapters: (isThere: boolean) => (GPU.prototype.requestAdapter = isThere ? requestAdapter : async () => null) });
    GPU.prototype.requestAdapter = () => Promise.resolve(null);
  });
  await place(page, `<conv-cam ${mnist} view="overview"></conv-cam>`);
  const element = page.locator("conv-cam");
  await expect(element.locator(".problem")).toContainText("hardware acceleration");
  await expect(element.locator(".band-node")).toHaveCount(7);
  await expect(element.getByRole("table")).toBeVisible();
  await element.evaluate((one) => {
    (window as unknown as { adapters(isThere: boolean): void }).adapters(true);
    one.setAttribute("normalize", "channel");
  });
  await expect(element.locator(".panel").first()).toBeVisible();
  await expect(element.getByRole("table")).toBeHidden();
  const node = element.locator(".band-node button").nth(1);
  await expect(node).toBeEnabled();
  await node.click();
  await expect(element.locator(".side .facts")).toContainText("silent");
});
