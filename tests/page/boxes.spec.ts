// A detection network of one's own on the page: its boxes come by themselves, with the names in its file, and go with it.
import { expect } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { classNames, lists } from "../support/detection-networks.ts";
import { test } from "../support/warm-page.ts";
import { dropFile, openPage } from "./page.ts";

test("draws what a dropped detection network finds, by the names in its file, and nothing with another network", async ({
  warmPage: page,
}) => {
  await openPage(page);
  const metadata = new Map([["names", JSON.stringify(classNames)]]);
  await dropFile(page, "finder.onnx", "", [...encodeModel({ ...lists, metadata })]);
  const boxes = page.locator("conv-cam .boxes");
  await expect(boxes).toBeVisible();
  await expect(page.locator("#names-source")).toHaveText("3 names of classes from the network's file");
  await boxes.locator("input[type=range]").fill("0.3");
  await expect(boxes.locator("input[type=range]")).toHaveAttribute("aria-valuetext", "30%");
  await expect(boxes.locator("li").first()).toContainText(new RegExp(`^(${classNames.join("|")}) \\d`));
  // Scores of boxes are no answer of a classifier.
  await expect(page.locator("#answer")).toBeHidden();
  await expect.poll(() => page.evaluate(() => location.hash)).toContain("boxes=0.3");
  await page.selectOption("#network", "mnist-trained");
  await expect(page.locator("#top-label")).toHaveText("3");
  await expect(boxes).toBeHidden();
});
