// What the network looks at, and how: preparations, names of classes, pictures, the camera, videos.
import { expect, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, op } from "../support/graphs.ts";
import { test } from "../support/warm-page.ts";
import { dropFile, openPage, readValue } from "./page.ts";

/** A network that subtracts 127.5 from pixels of 0…255 and tells three classes apart, by the mean of each colour. */
function pixelsNetwork(names: string): number[] {
  const half = Tensor.float32([1], Float32Array.of(127.5));
  const nodes = [op("Sub", "pixels half", "centred"), op("GlobalAveragePool", "centred", "means"), op("Flatten", "means", "scores")];
  const graph = graphOf({ inputs: { pixels: [1, 3, 8, 8] }, constants: { half }, nodes });
  return [...encodeModel({ ...graph, metadata: new Map(names ? [["names", names]] : []) })];
}

const largest = async (page: Page) => Math.max(...(await readValue(page, "pixels")));
const hash = (page: Page) => page.evaluate(() => decodeURIComponent(location.hash));

test("guesses a preparation, lets it be changed by keyboard, remembers it for the file and gives it back", async ({ warmPage: page }) => {
  await openPage(page);
  await expect(page.locator("#prepared-text")).toHaveText("28 × 28, gray, 0 … 1");
  await dropFile(page, "pixels.onnx", "", pixelsNetwork("{0: 'red', 1: 'green', 2: 'blue'}"));
  const said = page.locator("#prepared-text");
  await expect(said).toHaveText("8 × 8, RGB, 0 … 255, guessed");
  await expect.poll(() => largest(page)).toBeGreaterThan(100);
  await expect(page.locator("#names-source")).toHaveText("3 names of classes from the network's file");
  await expect(page.locator("#bars")).toContainText("green");

  await page.locator("#prepare").press("Enter");
  await expect(page.locator("#prepare-note")).toHaveText("Guessed from the arithmetic that it begins with.");
  await page.locator("#prepare-preset").selectOption("unit");
  await expect(said).toHaveText("8 × 8, RGB, 0 … 1, as you chose");
  await expect.poll(() => largest(page)).toBeLessThanOrEqual(1);
  await page.locator("#prepare-mean").fill("0.5, 0.4");
  await page.locator("#prepare-mean").press("Tab");
  const refusal = () => page.locator("#prepare-mean").evaluate((field: HTMLInputElement) => field.validationMessage);
  expect(await refusal()).toContain("2 numbers, but the input has 3 channels");
  await page.locator("#prepare-mean").fill("0.5, 0.4, 0.3");
  await page.locator("#prepare-mean").press("Tab");
  await expect(said).toHaveText("8 × 8, RGB, x / 255 − (0.5, 0.4, 0.3), as you chose");
  await expect.poll(() => hash(page)).toContain('"mean":[0.5,0.4,0.3]');

  await page.selectOption("#network", "mnist-trained");
  await expect(said).toHaveText("28 × 28, gray, 0 … 1");
  await expect(page.locator("#bars")).not.toContainText("green");
  await dropFile(page, "pixels.onnx", "", pixelsNetwork("{0: 'red', 1: 'green', 2: 'blue'}"));
  await expect(said).toHaveText("8 × 8, RGB, x / 255 − (0.5, 0.4, 0.3), as you chose");
  await page.getByRole("button", { name: "As guessed" }).click();
  await expect(said).toHaveText("8 × 8, RGB, 0 … 255, guessed");
  await expect(page.locator("#prepare-undo")).toBeDisabled();
});

test("takes names of classes from a file, and says what is no list of names", async ({ warmPage: page }) => {
  await openPage(page);
  await dropFile(page, "pixels.onnx", "", pixelsNetwork(""));
  await expect(page.locator("#bars")).toContainText("class 1");
  await dropFile(page, "names.json", "application/json", [...Buffer.from('{"0": "rot", "1": "grün", "2": "blau"}')]);
  await expect(page.locator("#bars")).toContainText("grün");
  await expect(page.locator("#names-source")).toHaveText("3 names of classes from names.json");
  const broken = { name: "names.txt", mimeType: "text/plain", buffer: Buffer.from("") };
  await page.locator("#names-file").setInputFiles(broken);
  await expect(page.locator("#names-problem")).toContainText("the file is empty. Expected one name per line");
  await expect(page.locator("#bars")).toContainText("grün");
});
