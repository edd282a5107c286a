// What the page of learning says and offers in each of its modes, and what becomes of a choice that is made in them.
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";
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

test("the first sentence says what is chosen", async ({ warmPage: page }) => {
  await page.goto("/train.html#batch=4&twin=none");
  const lead = page.locator(".lead");
  await expect(lead).toContainText("A network with random weights learns to tell pictures of clothing apart, here, on your GPU.");
  for (const [data, said] of [
    ["road", "A network with random weights learns to drive,"],
    ["teach", "A network that knows pictures learns what you show it,"],
    ["shapes", "A network with random weights learns to tell shapes apart,"],
  ] as const) {
    await page.getByRole("combobox", { name: "Learns from" }).selectOption(data);
    await expect(lead).toContainText(said);
  }
  await page.goto("/train.html#data=road&network=learned");
  await expect(lead).toContainText("A network that has learned to drive drives,");
  // It learns no more: nothing is asked of how, and whoever chooses another network sees it drive.
  for (const name of ["optimizer", "batch", "schedule", "warm", "second"]) await expect(page.locator(`#${name}`)).toBeHidden();
  await page.getByRole("button", { name: "You drive" }).click();
  await page.getByRole("combobox", { name: "Network", exact: true }).selectOption("");
  await expect(page.locator("#optimizer")).toBeVisible();
  const drives = page.getByRole("button", { name: "It drives" });
  await expect(drives).toHaveAttribute("aria-pressed", "true");
  // From one file to another, too; what is chosen of the same network leaves one's hand on the wheel.
  const driver = await readFile("models/driver-trained.onnx");
  for (const name of ["driver.onnx", "other.onnx"]) {
    await page.getByRole("button", { name: "You drive" }).click();
    await page.locator("#network-file").setInputFiles({ name, mimeType: "", buffer: driver });
    await expect(drives).toHaveAttribute("aria-pressed", "true");
  }
  await page.getByRole("button", { name: "You drive" }).click();
  await page.locator("#batch").fill("8");
  await page.locator("#batch").blur();
  await expect(page).toHaveURL(/batch=8/);
  await expect(drives).toHaveAttribute("aria-pressed", "false");
});

test("on a phone the choices fill their rows", async ({ warmPage: page }) => {
  await page.setViewportSize({ width: 360, height: 760 });
  for (const hash of ["batch=4&twin=none", "batch=4&twin=none&schedule=cosine", "data=teach&batch=4"]) {
    await page.goto("about:blank");
    await page.goto(`/train.html#${hash}`);
    const form = page.locator("#choices");
    await expect(form.locator("select").last()).toHaveValue(/./);
    const [ends, rows] = await form.evaluate((element) => {
      const rowsByBottom = new Map<number, DOMRect[]>();
      for (const control of element.querySelectorAll("select, input[type=number]")) {
        const box = control.getBoundingClientRect();
        if (box.width === 0) continue;
        const key = Math.round(box.bottom);
        rowsByBottom.set(key, [...(rowsByBottom.get(key) ?? []), box]);
      }
      const { left, right } = element.getBoundingClientRect();
      const endsOf = (boxes: readonly { left: number; right: number }[]) =>
        [Math.min(...boxes.map((box) => box.left)), Math.max(...boxes.map((box) => box.right))].map(Math.round);
      return [endsOf([{ left, right }]), [...rowsByBottom.values()].map(endsOf)] as const;
    });
    expect(rows, hash).toEqual(rows.map(() => ends));
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

/** Draws a line through the middle of the pad. @param x, y from there to its end, in parts of the pad */
async function strokeAcross(page: Page, [x, y]: readonly [x: number, y: number]): Promise<void> {
  const pad = page.locator("#pad");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  if (!box) throw new Error("no pad");
  const [middleX, middleY] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(middleX - x * box.width, middleY - y * box.height);
  await page.mouse.down();
  await page.mouse.move(middleX + x * box.width, middleY + y * box.height, { steps: 4 });
  await page.mouse.up();
}

/** Draws a line for each of the first two classes. */
async function showTwo(page: Page): Promise<void> {
  for (const [key, end] of [
    ["1", [0, 0.3]],
    ["2", [0.3, 0]],
  ] as const) {
    await strokeAcross(page, end);
    await page.keyboard.press(key);
    await expect(page.locator("#classes li").nth(Number(key) - 1)).toContainText("1 picture");
  }
}

/** Chooses a file of one's own, usually of a network that has learned digits. */
async function openOwn(page: Page, bytes?: Buffer): Promise<void> {
  const asked = page.waitForEvent("filechooser");
  await page.locator("#network").selectOption("file");
  const buffer = bytes ?? (await readFile(new URL("../../models/mnist-trained.onnx", import.meta.url)));
  await (await asked).setFiles({ name: "own.onnx", mimeType: "", buffer });
}

test("an explanation that is asked for is scrolled to, not one that comes with a drawing", async ({ warmPage: page }) => {
  await page.goto("/train.html#data=teach&batch=4");
  await expect(page.locator("#classes li")).toHaveCount(2);
  await showTwo(page);
  await page.getByRole("button", { name: "Learn these" }).click();
  await expect(page.locator("#try")).toHaveText("Draw something to try it.");
  const [why, asks] = [page.locator("conv-cam .why"), page.getByRole("checkbox", { name: /Grad-CAM/ })];
  await asks.check();
  await strokeAcross(page, [0, 0.3]);
  await expect(why).toBeVisible();
  await expect(page.locator("#pad")).toBeInViewport({ ratio: 1 });
  await asks.uncheck();
  await expect(why).toBeHidden();
  await asks.check();
  await expect(why.locator("canvas").first()).toBeInViewport({ ratio: 0.99 });
});

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

/** Shows it two classes, which it learns from the digits that it knows. */
async function teachTwo(page: Page): Promise<void> {
  await page.goto("/train.html#data=teach&batch=4");
  await expect(page.locator("#classes li")).toHaveCount(2);
  await showTwo(page);
  await page.getByRole("button", { name: "Learn these" }).click();
}

test("a network that was built for another seed does not stay in memory", async ({ warmPage: page }) => {
  await teachTwo(page);
  /** @returns how many networks were built up to now */
  const countBuilt = () =>
    page.locator("conv-cam").evaluate((viewer) => {
      const { src } = viewer as ConvCam;
      const { built = [] } = window as { built?: readonly WeakRef<object>[] };
      const isNew = src instanceof Uint8Array && !built.some((one) => one.deref() === src);
      return Object.assign(window, { built: isNew ? [...built, new WeakRef(src)] : built }).built.length;
    });
  await expect.poll(countBuilt).toBe(1);
  for (const seed of [2, 3, 4, 5]) {
    await page.getByLabel("Seed").fill(`${seed}`);
    await page.keyboard.press("Tab");
    await expect.poll(countBuilt).toBe(seed);
  }
  const devtools = await page.context().newCDPSession(page);
  const countKept = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    return page.evaluate(() => (window as unknown as { built: WeakRef<object>[] }).built.filter((one) => one.deref()).length);
  };
  // The one that learns, and the one before it while that still ends.
  await expect.poll(countKept).toBeLessThanOrEqual(2);
});

test("a network that cannot be taught is refused, and what learns stays chosen", async ({ warmPage: page }) => {
  await teachTwo(page);
  const [viewer, network, problem] = [page.locator("conv-cam"), page.locator("#network"), page.locator("#problem")];
  const builds = async (choose: () => Promise<unknown>) => {
    const before = await viewer.evaluateHandle((one) => (one as ConvCam).src);
    await choose();
    await expect.poll(() => viewer.evaluate((one, src) => (one as ConvCam).src !== src, before)).toBe(true);
  };
  await expect(viewer).toHaveAttribute("train");
  const refused = Buffer.from("no network");
  await openOwn(page, refused);
  await expect(problem).toContainText("ONNX");
  await expect(problem.getByRole("button")).toHaveCount(0);
  await expect(network).toHaveValue("");
  await expect(page).not.toHaveURL(/network=file/);
  await builds(() => openOwn(page));
  await expect(problem).toBeHidden();
  await openOwn(page, refused);
  await expect(problem).toContainText("ONNX");
  await expect(network).toHaveValue("file");
  // Another seed is one of the file from before.
  await builds(async () => {
    await page.getByLabel("Seed").fill("5");
    await page.keyboard.press("Tab");
  });
  await expect(problem).toBeHidden();
});
