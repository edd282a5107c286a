// The page of examples to copy, and the frame that the notebook's example shows.
import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";
import { test } from "../support/warm-page.ts";

test("each example runs the code beside it, when it comes near the window, and is copied", async ({ warmPage: page }) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const problems: string[] = [];
  page.on("pageerror", ({ message }) => problems.push(message));
  await page.goto("/");
  await page.getByRole("link", { name: "Embed it" }).click();
  await expect(page).toHaveURL(/examples\.html$/);
  const sections = page.locator("section:has(.stage)");
  const examples = sections.locator("conv-cam, iframe");
  await expect(examples).toHaveCount(await sections.count());
  await expect(page.locator("section:has(#overview) .band-node").first()).toBeVisible();
  // Those below the window wait.
  expect(await page.locator("section:has(#blank) conv-cam").evaluate((element: ConvCam) => element.availableLayers.length)).toBe(0);
  const blank = page.locator("section:has(#blank)");
  await blank.locator("h2").evaluate((heading) => heading.scrollIntoView());
  await expect(blank.locator("conv-cam .panel .name")).toHaveText(["conv_1", "conv_2"], { timeout: 60_000 });
  await blank.getByRole("button", { name: "Copy", exact: true }).click();
  await expect(blank.getByText("Copied.")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('<conv-cam src="models/mnist-trained.onnx"');
  expect(problems).toEqual([]);
});

test("the notebook's frame shows a layer", async ({ warmPage: page }) => {
  const notebook = JSON.parse(readFileSync(new URL("../../examples/notebook.ipynb", import.meta.url), "utf8"));
  const code: string = notebook.cells.find(({ cell_type }: { cell_type: string }) => cell_type === "code").source.join("");
  const [, dictionary = ""] = /query = (\{.*\})/.exec(code) ?? [];
  const query = new URLSearchParams(JSON.parse(dictionary));
  expect(code).toContain("/embed.html?");
  await page.goto("/learn.html");
  await page.evaluate((address) => {
    const frame = Object.assign(document.createElement("iframe"), { src: address, width: "700", height: "600" });
    document.body.replaceChildren(frame);
  }, `/embed.html?${query}`);
  await expect(page.frameLocator("iframe").locator("conv-cam .crumbs [aria-current]")).toHaveText("conv_1");
});
