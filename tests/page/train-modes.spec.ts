// What the page of learning says and offers in each of its modes, and what becomes of a choice that is made in them.
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { test } from "../support/warm-page.ts";

const chosen = (page: Page, id: string) => page.locator(`#${id} option:checked`);

test("an address shows what the list does, and a link holds what is not usual for it", async ({ warmPage: page }) => {
  await page.goto("/train.html#data=road&batch=4");
  await expect(chosen(page, "second")).toHaveText("None: its halves are shown");
  await expect(chosen(page, "twin")).toHaveText("Steering and throttle in the same tiles");
  await expect(page.locator("conv-cam")).toHaveAttribute("compare-names", "steering | throttle");
  await expect(page).toHaveURL(/#data=road&batch=4$/);
  await page.getByRole("combobox", { name: "It is shown" }).selectOption("side");
  await expect(page).toHaveURL(/#data=road&batch=4&twin=side$/);
  await page.reload();
  await expect(chosen(page, "twin")).toHaveText("Beside it");
  // Two that learn have their colours, whatever they learn from, and a link need not say so.
  await page.getByRole("combobox", { name: "Second network" }).selectOption("seed");
  await page.getByRole("combobox", { name: "Learns from" }).selectOption("fashion");
  await expect(page).toHaveURL(/#batch=4&second=seed$/);
  await page.reload();
  await expect(chosen(page, "twin")).toHaveText("In the same tiles, two colours");
  await expect(page.locator("conv-cam")).toHaveAttribute("compare-as", "colors");
  // What is not there for these pictures is not chosen by an address either.
  for (const [address, network] of [
    ["data=shapes&network=learned", ""],
    ["data=road&network=lines", ""],
    ["data=road&network=learned", "learned"],
  ]) {
    await page.goto("about:blank");
    await page.goto(`/train.html#batch=4&${address}`);
    await expect(page.locator("#network")).toHaveValue(network ?? "");
  }
});

test("no two controls have the same label", async ({ warmPage: page }) => {
  await page.goto("/train.html#batch=4&twin=none&schedule=cosine");
  await expect(page.getByRole("slider", { name: "Learning rate" })).toBeVisible();
  const labels = await page.locator("label:visible").evaluateAll((all) => {
    const textOf = (node: Node) => (node instanceof Text ? node.data : "");
    return all.map(({ childNodes }) => [...childNodes].map(textOf).join("").trim());
  });
  expect(labels).toEqual(expect.arrayContaining(["Rate schedule", "Learning rate", "Pace"]));
  expect(labels).toEqual([...new Set(labels)]);
});

/** Draws a line for each of the first two classes. */
async function showTwo(page: Page): Promise<void> {
  const box = await page.locator("#pad").boundingBox();
  if (!box) throw new Error("no pad");
  for (const [key, [x, y]] of Object.entries({ 1: [0, 0.3], 2: [0.3, 0] })) {
    const [middleX, middleY] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(middleX - (x ?? 0) * box.width, middleY - (y ?? 0) * box.height);
    await page.mouse.down();
    await page.mouse.move(middleX + (x ?? 0) * box.width, middleY + (y ?? 0) * box.height, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.press(key);
    await expect(page.locator("#classes li").nth(Number(key) - 1)).toContainText("1 picture");
  }
}

/** Chooses one that has learned digits as a file of one's own. */
async function openOwn(page: Page): Promise<void> {
  const asked = page.waitForEvent("filechooser");
  await page.locator("#network").selectOption("file");
  const buffer = await readFile(new URL("../../models/mnist-trained.onnx", import.meta.url));
  await (await asked).setFiles({ name: "own.onnx", mimeType: "", buffer });
}

/** In a page: the steps that were told since the last call. */
const toldSince = (page: Page) => page.evaluate(() => (window as unknown as { told: number[] }).told.splice(0));

test("another setting begins anew with what is shown already, and the curves before stay", async ({ warmPage: page }) => {
  await page.addInitScript(() => {
    const told: number[] = [];
    Object.assign(window, { told });
    addEventListener("train", (event) => told.push((event as CustomEvent).detail.steps), true);
  });
  await page.goto("/train.html#data=teach&batch=4");
  await expect(page.locator("#classes li")).toHaveCount(2);
  await showTwo(page);
  await page.getByRole("button", { name: "Learn these" }).click();
  const learnsTo = (steps: number) => expect.poll(async () => Math.max(0, ...(await toldSince(page)))).toBeGreaterThanOrEqual(steps);
  await learnsTo(12);
  const viewer = page.locator("conv-cam");
  const about = page.locator("#about");
  const before = viewer.locator(".train-key.ink-before").first();
  await expect(about).toContainText("keeps what it knows of pictures, and gets a new last layer");
  const settings: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["optimiser", () => page.getByRole("combobox", { name: "Optimiser" }).selectOption("sgd")],
    ["layers", () => page.getByRole("checkbox", { name: /^All layers learn/ }).check()],
    [
      "seed",
      () =>
        page
          .getByLabel("Seed")
          .fill("5")
          .then(() => page.keyboard.press("Tab")),
    ],
    ["network", () => openOwn(page)],
  ];
  for (const [what, choose] of settings) {
    await choose();
    // It was told of its steps up to here: the next are those of the run that begins.
    await expect.poll(async () => (await toldSince(page)).some((steps) => steps < 5), what).toBe(true);
    await learnsTo(12);
    await expect(before, what).toBeVisible();
    await expect(page.locator("#lack"), what).toBeEmpty();
  }
  await expect(viewer).toHaveAttribute("train-seed", "5");
  await expect(viewer).not.toHaveAttribute("train-freeze");
  await expect(about).toContainText("all its layers learn them");
  await expect(page).toHaveURL(/#network=file&data=teach&optimizer=sgd&batch=4&seed=5&all=yes$/);
  await page.getByRole("checkbox", { name: /^All layers learn/ }).uncheck();
  await expect(viewer).toHaveAttribute("train-freeze", /\(\?!/);
});
