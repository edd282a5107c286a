// The page on which a network learns: it opens with one that does, which can be paused, looked back at, and saved; and it can be taught.
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { zipSync } from "fflate";
import sharp from "sharp";
import { fashionClasses } from "../../src/data-sets/shipped-fashion.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { labelsInMetadata } from "../../src/ui/hints/labels.ts";
import type { Request } from "../../src/ui/session/protocol.ts";
import type { TrainQuery } from "../../src/ui/train/request.ts";
import { test } from "../support/warm-page.ts";

const status = (page: Page) => page.locator("conv-cam .train-status");

/** Pauses it, and waits for the step that had begun. */
async function pause(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Pause learning" }).click();
  await expect(status(page)).toHaveText(/^Paused · step \d+/);
}

/** The step that the page tells. */
const stepOf = async (page: Page) => Number(/step ([\d,]+)/.exec((await status(page).textContent()) ?? "")?.[1]?.replaceAll(",", "") ?? -1);

async function learnTo(page: Page, step: number): Promise<void> {
  await expect.poll(() => stepOf(page), { timeout: 90_000 }).toBeGreaterThanOrEqual(step);
}

/** In a page: what is read first of what has the focus, in the element too. */
function focusedText(): string {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  const label = focused instanceof HTMLInputElement || focused instanceof HTMLSelectElement ? focused.labels?.[0] : undefined;
  const first = label && [...label.childNodes].find((node) => node.nodeType !== Node.COMMENT_NODE && node.textContent?.trim());
  return (focused?.ariaLabel ?? (first ?? focused)?.textContent ?? "").trim();
}

/** In a page: after how many steps the weights are that the browser has kept last. */
async function storedSteps(): Promise<number | undefined> {
  const answer = (request: IDBRequest) =>
    new Promise((resolve) => request.addEventListener("success", () => resolve(request.result), { once: true }));
  const opened = (await answer(indexedDB.open("convcam", 1))) as IDBDatabase;
  const read = (key: string) => answer(opened.transaction("handed-over").objectStore("handed-over").get(key));
  const [latest] = ((await read("trainings page")) ?? []) as string[];
  const files = latest === undefined ? undefined : ((await read(latest)) as Blob[] | undefined);
  opened.close();
  return files?.[0] && (JSON.parse(await files[0].text()).steps as number[]).at(-1);
}

/** What the page asks its worker for training: when, when that is answered, and how long the work has taken there. */
interface AskedTraining {
  readonly what: string;
  readonly askedAt: number;
  answeredAt?: number;
  ms?: number;
}

/** In a page: keeps `asked`, and presses something as a training begins, and as three steps are answered. */
function pressAsItLearns(): void {
  const asked: AskedTraining[] = [];
  const byId = new Map<number, AskedTraining>();
  const press = () => void dispatchEvent(new PointerEvent("pointerdown"));
  let pressCount = 0;
  const construct = (target: typeof Worker, address: ConstructorParameters<typeof Worker>) => {
    const worker = Reflect.construct(target, address) as Worker;
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (request: Request, transfer?: Transferable[] | StructuredSerializeOptions) => {
      post(request, transfer as Transferable[]);
      const { kind, request: training } = (request.argument ?? {}) as Partial<TrainQuery>;
      if (kind !== "train" || !training) return;
      const one = { what: training.do, askedAt: performance.now() };
      asked.push(one);
      byId.set(request.id, one);
      if (one.what === "begin") queueMicrotask(press);
    };
    worker.addEventListener("message", ({ data }: MessageEvent<{ readonly id: number; readonly result?: { readonly ms?: number } }>) => {
      const one = byId.get(data.id);
      if (!one) return;
      Object.assign(one, { answeredAt: performance.now(), ms: data.result?.ms });
      if (one.what === "step" && pressCount++ < 3) press();
    });
    return worker;
  };
  Object.assign(window, { asked, Worker: new Proxy(Worker, { construct }) });
}

test("rests once somebody presses something, and learns on where somebody presses one thing after the other", async ({
  warmPage: page,
}) => {
  await page.addInitScript(pressAsItLearns);
  await page.goto("/train.html#batch=16&twin=none");
  await learnTo(page, 5);
  const asked = await page.evaluate(() => (window as unknown as { asked: AskedTraining[] }).asked);
  // What is pressed before training has begun is told, too.
  expect(asked.slice(0, 2).map(({ what }) => what)).toEqual(["begin", "rest"]);
  const rests = asked.slice(2).filter(({ what }) => what === "rest");
  expect(rests).toHaveLength(3);
  for (const rest of rests) {
    const next = asked.find(({ what, askedAt }) => what === "step" && askedAt >= rest.askedAt) as Required<AskedTraining>;
    expect(next.answeredAt - rest.askedAt - next.ms).toBeGreaterThanOrEqual(115);
  }
  await page.evaluate(() => {
    const press = () => dispatchEvent(new PointerEvent("pointerdown"));
    Object.assign(window, { pressing: setInterval(press, 20) });
  });
  await learnTo(page, (await stepOf(page)) + 5);
});

test("goes on learning in 16 bits", async ({ warmPage: page }) => {
  await page.goto("/train.html#batch=16&twin=none");
  await learnTo(page, 3);
  await page.locator("conv-cam").evaluate((element: ConvCam) => element.setAttribute("precision", "float16"));
  await expect.poll(() => page.locator("conv-cam").evaluate((element: ConvCam) => element.state.precision)).toBe("float16");
  const before = await stepOf(page);
  await learnTo(page, Math.max(before, 0) + 3);
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
});

test("opens with a network that learns: loss falls, maps change, and what is known can be looked back at and saved", async ({
  warmPage: page,
}) => {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.addInitScript(() => {
    const told: object[] = [];
    Object.assign(window, { told });
    addEventListener("train", (event) => told.push((event as CustomEvent).detail), true);
  });
  await page.goto("/train.html#batch=16&twin=none");
  await learnTo(page, 26);
  const panel = page.locator("conv-cam .train");
  // Without a mouse: what has the focus keeps it while the panel is drawn anew.
  const hold = panel.locator(".train-hold");
  await hold.focus();
  await page.keyboard.press("Enter");
  await expect(status(page)).toHaveText(/^Paused · step \d+/);
  await expect(hold).toHaveText("Learn on");
  await expect(hold).toBeFocused();
  const told = await page.evaluate(() => (window as unknown as { told: { loss?: number; accuracy?: number }[] }).told);
  const losses = told.flatMap(({ loss }) => loss ?? []);
  const mean = (some: readonly number[]) => some.reduce((sum, one) => sum + one, 0) / some.length;
  expect(mean(losses.slice(-5))).toBeLessThan(0.7 * mean(losses.slice(0, 3)));
  await expect(panel.locator(".train-confusion td.right").first()).toBeVisible();
  await expect(panel.locator(".train-chart canvas")).toHaveCount(2);
  // The answer is one of what was learned.
  await expect(page.locator("conv-cam .train-mistake canvas").first()).toBeVisible();
  await expect(page.locator("#says")).toHaveText(new RegExp(`^Its answer to this picture: (${fashionClasses.join("|")}), [\\d.]+%\\.$`));

  // Weights, what they have changed by, and gradients stand where the maps did, and the link says so.
  const names = page.locator("conv-cam .panel .name");
  const drawn = panel.getByLabel("What is drawn");
  for (const [part, title] of [
    ["gradient", "gradient"],
    ["change", "change"],
  ] as const) {
    await drawn.selectOption(part);
    await expect(names).toHaveText(["input_layer", ...["conv_1", "conv_2", "dense_1", "output_layer"].map((name) => `${name} · ${title}`)]);
    await expect(page).toHaveURL(new RegExp(`draws=${part}`));
    const first = page.locator("conv-cam .panel").nth(1);
    await first.scrollIntoViewIfNeeded();
    // A gradient that no step has brought is not drawn as zeros.
    if (part === "gradient") {
      await expect(first).toContainText("The gradient comes with the next step.");
      await panel.getByRole("button", { name: "One step" }).click();
      await first.scrollIntoViewIfNeeded();
    }
    await expect(first.locator(".high")).toHaveText(/^\d/);
  }
  // Of a layer with many weights each is more than a point: 8 × 8 tiles of 23 × 23.
  const many = page.locator("conv-cam .panel").nth(2);
  await many.scrollIntoViewIfNeeded();
  await expect.poll(async () => (await many.locator("canvas").boundingBox())?.width).toBeGreaterThan(2 * 8 * 23);
  await page.locator("conv-cam .panel canvas").nth(1).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("conv-cam .panel .readout").nth(1)).toHaveText(/^channel 0 · input 0 · y 0 · x 0 · /);
  await drawn.selectOption("maps");
  await expect(names).toContainText(["conv_1", "pool_1", "conv_2"]);

  const before = await page.evaluate(async () => {
    const viewer = document.querySelector("conv-cam") as ConvCam;
    return [...new Float32Array((await viewer.ask({ kind: "value", value: "conv_1" })).bytes.slice().buffer).slice(0, 400)];
  });
  const back = panel.getByRole("slider", { name: "Look back" });
  await back.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(back).toHaveAttribute("aria-valuetext", /^after \d+ steps$/);
  await page.keyboard.press("ArrowLeft");
  await expect(panel.locator(".train-kept output")).toHaveText("before it learned");
  await expect(status(page)).toContainText(/ · shown as it was before it learned \(then [\d.]+ %\) · /);
  await expect(back).toBeFocused();
  await expect
    .poll(() =>
      page.evaluate(async () => {
        const viewer = document.querySelector("conv-cam") as ConvCam;
        return [...new Float32Array((await viewer.ask({ kind: "value", value: "conv_1" })).bytes.slice().buffer).slice(0, 400)];
      }),
    )
    .not.toEqual(before);
  const step = await stepOf(page);
  // From the first of its controls, Tab leads through all of them in the order in which they stand.
  await hold.focus();
  const reached: string[] = [];
  for (let i = 0; i < 10; i++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(focusedText));
    if (i > 0) continue;
    await page.keyboard.press("Enter");
    await expect.poll(() => stepOf(page)).toBe(step + 1);
  }
  expect(reached).toEqual([
    ...[
      "One step",
      "Learning rate",
      "Pace",
      "What is drawn",
      "Begin anew",
      "Another picture",
      "Download .onnx",
      "Losses .csv",
      "Look back",
    ],
    "What it takes for what",
  ]);

  const downloading = page.waitForEvent("download");
  await panel.getByRole("button", { name: "Download .onnx" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe(`fashion-mnist-after-${step + 1}-steps.onnx`);
  const table = page.waitForEvent("download");
  await panel.getByRole("button", { name: "Losses .csv" }).click();
  expect((await table).suggestedFilename()).toBe(`fashion-mnist-losses-after-${step + 1}-steps.csv`);
  const bytes = await readFile(await download.path());
  // The learned file is a network like others, and knows its classes.
  expect(labelsInMetadata((await importModel(new Uint8Array(bytes))).metadata)).toEqual(fashionClasses);
  await page.evaluate(
    async (all) => {
      const viewer = document.querySelector("conv-cam") as ConvCam;
      viewer.removeAttribute("train");
      viewer.blank = undefined;
      viewer.src = new Uint8Array(all);
      await viewer.updateComplete;
    },
    [...bytes],
  );
  await expect(panel).toBeHidden();
  await expect.poll(() => page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).availableLayers.length)).toBeGreaterThan(3);
  expect(problems).toEqual([]);
});

test("a rate that is far too high: the curves stay readable, it is said, and the next run is drawn as usual", async ({
  warmPage: page,
}) => {
  await page.goto("/train.html#batch=8&twin=none");
  await learnTo(page, 12);
  const panel = page.locator("conv-cam .train");
  const caption = panel.locator(".train-chart figcaption").first();
  await expect(caption).toHaveText(/^Loss(?!, log)/);
  await panel.getByRole("slider", { name: "Learning rate" }).fill("0");
  await expect(caption).toHaveText(/^Loss, logarithmic/, { timeout: 60_000 });
  await expect(panel.locator(".train-rising")).toHaveText(/the network has come apart\. “Begin anew” takes the learning rate 0\.001/, {
    timeout: 90_000,
  });
  await panel.getByRole("button", { name: "Begin anew" }).click();
  await learnTo(page, 12);
  await expect(panel.locator(".train-key.ink-before").first()).toBeVisible();
  await expect(caption).toHaveText(/^Loss(?!, log)/);
  await expect(panel.locator(".train-rising")).toHaveCount(0);
});

/** The page's own worker, with a way to lose its device; in the page `told` and `failed` are what its element tells of training and of errors. */
async function openLosable(page: Page, hash: string): Promise<() => Promise<void>> {
  await page.route("**/assets/worker-*.js", async (route) => {
    const response = await route.fetch();
    const patch = `const request = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...options) {
        const device = await request.apply(this, options);
        self.loseDevice = () => device.destroy();
        return device;
      };`;
    await route.fulfill({ response, body: `${await response.text()}\n;{ ${patch} }` });
  });
  await page.addInitScript(() => {
    const [told, failed]: [object[], string[]] = [[], []];
    Object.assign(window, { told, failed });
    addEventListener("train", (event) => told.push((event as CustomEvent).detail), true);
    addEventListener("error", (event) => event instanceof CustomEvent && failed.push(event.detail.error.message), true);
  });
  await page.goto(`/train.html#${hash}`);
  return async () => {
    expect(page.workers()).toHaveLength(1);
    await page.workers()[0]?.evaluate(() => (self as unknown as { loseDevice: () => void }).loseDevice());
  };
}

test("goes on after the GPU was lost, with no more lost than what came after the last weights kept", async ({ page }) => {
  const lose = await openLosable(page, "batch=8&twin=none");
  // Each step is told, and the pace stays as it is.
  await page.getByRole("combobox", { name: "Pace" }).selectOption("brisk");
  await learnTo(page, 27);
  await lose();
  await expect(status(page)).toHaveText(/Going on after 25 steps/);
  await learnTo(page, 27);
  await expect(page.locator("conv-cam .train .part-trouble")).toHaveCount(0);
  await expect(page.locator("conv-cam .train-note")).toHaveText(/^It goes on from step 25: the \d+ steps after it were lost/);
  // With the same examples and moments, each step is what it was before.
  const told = await page.evaluate(() => (window as unknown as { told: { steps: number; loss: number }[] }).told);
  for (const step of [26, 27]) {
    const losses = told.filter(({ steps }) => steps === step).map(({ loss }) => loss);
    expect(losses.length).toBeGreaterThan(1);
    expect(new Set(losses).size).toBe(1);
  }
});

test("a GPU that is lost while learning is paused takes no step with it, and is no error", async ({ page }) => {
  const lose = await openLosable(page, "batch=4&twin=none");
  await learnTo(page, 2);
  await pause(page);
  const steps = await stepOf(page);
  await lose();
  await expect(status(page)).toHaveText(new RegExp(`Going on after ${steps} steps`));
  await expect(status(page)).toHaveText(new RegExp(`^Paused · step ${steps} `));
  // Another one, in the middle of what it does.
  await page.getByRole("button", { name: "Learn on" }).click();
  await learnTo(page, steps + 1);
  await lose();
  await learnTo(page, steps + 2);
  expect(await page.evaluate(() => (window as unknown as { failed: string[] }).failed)).toEqual([]);
});

test("another optimiser begins with the same weights, and a network that learns no more has those from before", async ({
  warmPage: page,
}) => {
  const maps = () =>
    page.evaluate(async () => {
      const viewer = document.querySelector("conv-cam") as ConvCam;
      return [...new Float32Array((await viewer.ask({ kind: "value", value: "conv_1" })).bytes.slice().buffer).slice(300, 700)];
    });
  await page.goto("/train.html#batch=8&twin=none");
  await learnTo(page, 26);
  const panel = page.locator("conv-cam .train");
  await pause(page);
  const learned = await maps();
  await panel.getByRole("slider", { name: "Look back" }).fill("0");
  // The slider tells at once where it is; the weights follow.
  await expect.poll(maps).not.toEqual(learned);
  const first = await maps();
  await panel.getByRole("button", { name: "Learn on" }).click();
  await learnTo(page, 30);
  await page.getByRole("combobox", { name: "Optimiser" }).selectOption("sgd");
  await expect.poll(() => stepOf(page)).toBeLessThan(20);
  await page.locator("conv-cam").evaluate((viewer) => viewer.removeAttribute("train"));
  await expect(panel).toBeHidden();
  await expect.poll(maps).toEqual(first);
});

test("another schedule is followed as it learns, and what is learned is kept where the page is hidden: another day goes on from there", async ({
  warmPage: page,
}) => {
  await page.addInitScript(() => {
    const told: number[] = [];
    Object.assign(window, { told });
    addEventListener("train", (event) => told.push((event as CustomEvent).detail.steps), true);
  });
  // By this seed no other test learns.
  await page.goto("/train.html#batch=4&twin=none&seed=77");
  const next = page.locator("conv-cam .train-next");
  await learnTo(page, 2);
  await expect(next).toHaveCount(0);
  const before = await stepOf(page);
  await page.getByRole("combobox", { name: "Rate schedule" }).selectOption("cosine");
  await expect(page.locator("conv-cam")).toHaveAttribute("train-schedule", "cosine:1000");
  await page.getByRole("spinbutton", { name: "In steps" }).fill("1e6");
  await page.keyboard.press("Tab");
  await expect(page).toHaveURL(/schedule=cosine&length=1000000$/);
  await expect(page.locator("conv-cam")).toHaveAttribute("train-schedule", "cosine:1000000");
  await page.getByRole("spinbutton", { name: "In steps" }).fill("2");
  await page.keyboard.press("Tab");
  await expect(page).toHaveURL(/schedule=cosine&length=2$/);
  await expect(next).toHaveText("next step 5.00e−4: its 2 steps are over");
  await page.getByRole("spinbutton", { name: "Warm-up steps" }).fill("1e3");
  await page.keyboard.press("Tab");
  await expect(next).toHaveText(/^next step \d\.\d+e−[56], warming up$/);
  await page.getByRole("combobox", { name: "Rate schedule" }).selectOption("constant");
  await expect(page.locator("conv-cam")).toHaveAttribute("train-schedule", "constant,warm-up:1000");
  await page.getByRole("spinbutton", { name: "Warm-up steps" }).fill("0");
  await page.keyboard.press("Tab");
  await expect(next).toHaveCount(0);
  await expect(page.locator("conv-cam")).not.toHaveAttribute("train-schedule");
  const told = () => page.evaluate(() => (window as unknown as { told: number[] }).told);
  // It has begun once.
  expect(await told()).toEqual((await told()).toSorted((a, b) => a - b));
  await learnTo(page, before + 1);

  await pause(page);
  const hidden = await stepOf(page);
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect.poll(() => page.evaluate(storedSteps)).toBe(hidden);
  // A run with another setting has a place of its own.
  await page.goto("/train.html#batch=5&twin=none&seed=77");
  await page.reload();
  await learnTo(page, 1);
  await pause(page);
  const other = await stepOf(page);
  await expect.poll(() => page.evaluate(storedSteps)).toBe(other);
  await page.goto("/train.html#batch=4&twin=none&seed=77");
  await page.reload();
  await learnTo(page, 1);
  const offer = page.locator("conv-cam .train").getByRole("button", { name: /^Go on after/ });
  await expect(offer).toHaveText(new RegExp(`^\\s*Go on after ${hidden} steps, kept`));
  await page.evaluate(() => (window as unknown as { told: number[] }).told.splice(0));
  await offer.focus();
  await page.keyboard.press("Enter");
  await learnTo(page, hidden + 1);
  // What is told comes after what is shown, when the pictures held back were tried.
  await expect.poll(async () => (await told()).filter((step) => step > hidden)[0]).toBe(hidden + 1);
  await expect(offer).toHaveCount(0);
});

// Chromium goes on for half a minute with the room that it found for pages before: this one is alone.
test("a browser that has no room for what is learned says so with a pause, until it has", async ({ page, baseURL }) => {
  const browser = await page.context().newCDPSession(page);
  const { origin } = new URL(baseURL as string);
  await browser.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 100_000 });
  await page.goto("/train.html#batch=4&twin=none");
  await learnTo(page, 3);
  await pause(page);
  const remark = page.locator("conv-cam .train-remark", { hasText: "This browser keeps nothing of it for another day" });
  await expect(remark).toBeVisible();
  await browser.send("Storage.overrideQuotaForOrigin", { origin });
  await page.getByRole("button", { name: "One step" }).click();
  await expect(remark).toHaveCount(0);
  await expect.poll(() => page.evaluate(storedSteps)).toBe(await stepOf(page));
});

test("of several choices made quickly the last counts", async ({ warmPage: page }) => {
  await page.goto("/train.html#batch=8&twin=none");
  for (const data of ["road", "shapes", "fashion"]) await page.getByRole("combobox", { name: "Learns from" }).selectOption(data);
  await learnTo(page, 1);
  await expect(page.locator("conv-cam")).toHaveAttribute("train", /fashion/);
  await expect(status(page)).toHaveText(/3,000 pictures/);
});

test("a picture of what was learned before goes with it, and one of one's own stays", async ({ warmPage: page }) => {
  const viewer = page.locator("conv-cam");
  await page.goto("/train.html#batch=8&twin=none");
  await expect(viewer).toHaveAttribute("train", /fashion/);
  const fashion = (await viewer.getAttribute("train")) as string;
  await page.goto("/train.html#batch=8&twin=none&data=shapes");
  await expect(status(page)).toHaveText(/without end · step [1-9]/, { timeout: 60_000 });
  const first = await viewer.evaluateHandle((one: ConvCam) => one.input);
  await viewer.evaluate((one, url) => one.setAttribute("train", url), fashion);
  await expect.poll(() => viewer.evaluate((one: ConvCam, input) => one.input === input, first), { timeout: 30_000 }).toBe(false);
  const own = await viewer.evaluateHandle((one: ConvCam) => {
    one.input = Object.assign(document.createElement("canvas"), { width: 48, height: 48 });
    one.setAttribute("train", "shapes");
    return one.input;
  });
  await expect(status(page)).toHaveText(/without end · step [1-9]/, { timeout: 60_000 });
  expect(await viewer.evaluate((one: ConvCam, input) => one.input === input, own)).toBe(true);
});

test("learns with a network in one's own lines, says which line is wrong, and the link holds them", async ({ warmPage: page }) => {
  await page.goto("/train.html#batch=8&twin=none&data=shapes");
  await page.locator("#network").selectOption("lines");
  const lines = page.getByRole("textbox", { name: "A line for each layer" });
  await expect(lines).toHaveValue(/^input 3 48 48\nconv 16 3 norm relu\n[\s\S]*dense 12 softmax\n$/);
  await lines.fill("input 3 48 48\nconv 8\ndense 12 softmax");
  await page.getByRole("button", { name: "Build it, and begin" }).click();
  await expect(page.locator("#problem")).toHaveText(/line 2, “conv 8”: expected “conv filters kernel”/);
  await lines.fill("input 3 48 48\nfirst: conv 8 5 stride 4 relu\ndense 12 softmax");
  await page.getByRole("button", { name: "Build it, and begin" }).click();
  await expect(page.locator("#problem")).toBeHidden();
  await expect(page.locator("#lines-said")).toHaveText("12,236 parameters");
  // What is wrong with them stands beside them, and says what to write.
  await lines.fill("input 3 48 48\nfirst: conv 8 5 stride 4 relu\ndense 10 softmax");
  await page.getByRole("button", { name: "Build it, and begin" }).click();
  await expect(page.locator("#written #problem")).toHaveText(
    "The pictures are of 12 classes, but the network has 10 scores. Its last layer has to answer with 12.",
  );
  await lines.fill("input 3 48 48\nfirst: conv 8 5 stride 4 relu\ndense 12 softmax");
  await page.getByRole("button", { name: "Build it, and begin" }).click();
  await expect(page.locator("#problem")).toBeHidden();
  await learnTo(page, 2);
  expect(await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).availableLayers.map(({ value }) => value))).toContain(
    "first",
  );
  await page.reload();
  await expect(lines).toHaveValue(/first: conv 8 5 stride 4 relu/);
  await learnTo(page, 1);
});

/** Chooses another second network before the first step, and expects both to compute the same of the picture: they have the same weights. */
async function expectSameBeginning(page: Page, second: string): Promise<void> {
  const element = page.locator("conv-cam");
  await element.evaluate((one: ConvCam) => one.pause());
  await page.getByRole("combobox", { name: "Second network" }).selectOption(second);
  await expect(status(page)).toHaveText(/step 0( ·|$)/);
  const difference = () =>
    element.evaluate(async (one: ConvCam) => {
      await one.step();
      const means = async (shows: "first" | "second") =>
        (await one.ask({ kind: "statistics", value: "conv_1", shows })).map(({ mean }) => mean);
      const [first, others] = [await means("first"), await means("second")];
      return Math.max(...first.map((mean, i) => Math.abs(mean - (others[i] ?? Number.NaN))));
    });
  await expect.poll(difference).toBeLessThan(1e-4);
  await element.evaluate((one: ConvCam) => one.play());
}

test("two networks learn on the same batches, each with its colour in the tiles and in the curves", async ({ warmPage: page }) => {
  await page.goto("/train.html#batch=8&twin=none");
  await page.getByRole("combobox", { name: "Second network" }).selectOption("seed");
  await expect(page).toHaveURL(/#batch=8&second=seed$/);
  await learnTo(page, 1);
  // Two optimisers begin with the same weights, whatever the second has learned before.
  await expectSameBeginning(page, "optimizer");
  await expect(page).toHaveURL(/#batch=8&second=optimizer$/);
  await expect(page.locator("conv-cam .compare-key")).toHaveText(/magenta: Adam\s+green: SGD with momentum/);
  await learnTo(page, 2);
  const curves = page.locator("conv-cam .train-chart").first();
  await expect(curves.locator(".train-key").first()).toHaveText("Adam");
  await expect(curves.locator(".train-key.ink-rival")).toHaveText("SGD with momentum");
  await expect(curves.locator(".train-key.ink-rival")).toBeVisible();
  // Each is told of once.
  const result = String.raw`loss \d+\.\d{3}[^·;:]*; \d+\.\d % of 500 pictures held back are right[^·:]*`;
  await expect(status(page)).toHaveText(new RegExp(`· Adam: ${result} · SGD with momentum: ${result}$`));
  await expect(curves.locator(".train-key.ink-held-back")).toHaveText("Adam, held back");
  for (const figure of ["confusion", "mistakes"])
    await expect(page.locator(`conv-cam .train-${figure} figcaption`)).toContainText(", of “Adam”");
  // So have their weights, one number beside the other.
  await page.locator("conv-cam .train").getByLabel("What is drawn").selectOption("weights");
  const panel = page.locator("conv-cam .panel").nth(1);
  await expect(panel.locator(".name")).toHaveText("conv_1 · weights");
  await panel.scrollIntoViewIfNeeded();
  await expect(panel.locator(".high")).toHaveText(/^\d/);
  await panel.locator("canvas").focus();
  await page.keyboard.press("ArrowRight");
  await expect(panel.locator(".readout")).toHaveText(/^channel 0 · input 0 · y 0 · x 0 · \S+ \| \S+$/);
  await page.locator("conv-cam .train").getByLabel("What is drawn").selectOption("maps");
  // A twin that learns no more is blank.
  await expectSameBeginning(page, "blank");
  await expect(page.locator("conv-cam .compare-key")).toHaveText(/green: blank twin/);
  await learnTo(page, 1);
  await expect(curves.locator(".train-key.ink-rival")).toBeHidden();
});

const strokes: Readonly<Record<string, readonly (readonly [y: number, x: number])[]>> = {
  bar: [
    [0.15, 0.5],
    [0.85, 0.5],
  ],
  lying: [
    [0.5, 0.15],
    [0.5, 0.85],
  ],
  angle: [
    [0.15, 0.25],
    [0.8, 0.25],
    [0.8, 0.8],
  ],
};

async function draw(page: Page, points: readonly (readonly [y: number, x: number])[], shift = 0): Promise<void> {
  const box = await page.locator("#pad").boundingBox();
  if (!box) throw new Error("no pad");
  const [first, ...rest] = points.map(([y, x]) => [box.x + (x + shift) * box.width, box.y + (y + shift / 2) * box.height] as const);
  if (!first) return;
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point, { steps: 4 });
  await page.mouse.up();
}

test("the keyboard's pen begins each drawing lifted, in the middle", async ({ warmPage: page }) => {
  await page.goto("/train.html#data=teach&batch=8");
  await expect(page.locator("#classes li")).toHaveCount(2);
  await page.locator("#pad").focus();
  for (const key of ["1", "2"]) {
    await page.keyboard.press("Space");
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press(key);
    await expect(page.locator("#classes li").nth(Number(key) - 1)).toContainText("1 picture");
  }
});

test("a key that is held down takes a drawing once, however long that takes", async ({ warmPage: page }) => {
  // Each takes so long that the key would take others meanwhile; `taking` is how many have begun and not ended.
  await page.addInitScript(() => {
    const { toBlob } = HTMLCanvasElement.prototype;
    const counts = { taking: 0 };
    HTMLCanvasElement.prototype.toBlob = function (callback, ...options) {
      counts.taking++;
      const end = (blob: Blob | null) => {
        callback(blob);
        counts.taking--;
      };
      setTimeout(() => toBlob.call(this, end, ...options), 600);
    };
    Object.assign(window, { counts });
  });
  await page.goto("/train.html#data=teach&batch=8");
  await expect(page.locator("#classes li")).toHaveCount(2);
  await draw(page, strokes["bar"] ?? [], 0);
  await page.keyboard.down("1");
  const first = page.locator("#classes li").first();
  await expect(first).toContainText(/[1-9] picture/);
  await page.keyboard.up("1");
  // Whatever was begun until then has ended, too.
  await page.waitForFunction(() => (window as unknown as { counts: { taking: number } }).counts.taking === 0);
  await expect(first).toContainText("1 picture");
});

test("is taught three classes by drawings, and is right on another drawing", async ({ warmPage: page }) => {
  await page.goto("/train.html#data=teach&batch=8");
  await page.getByRole("button", { name: "Learn these" }).click();
  await expect(page.locator("#lack")).toHaveText("Add some pictures to “class 1” first.");
  await page.getByRole("textbox", { name: "Name of class 1" }).fill("line");
  await expect(page.locator("#lack")).toHaveText("Add some pictures to “line” first.");
  await page.getByRole("button", { name: "Another class" }).click();
  for (const [i, [name, points]] of Object.entries(strokes).entries()) {
    await page.getByRole("textbox", { name: `Name of class ${i + 1}` }).fill(name);
    for (const shift of [0, 0.06, -0.06]) {
      await draw(page, points, shift);
      await page.getByRole("button", { name: `Add a picture to ${name}` }).click();
      await expect(page.locator("#classes li").nth(i)).toContainText(shift === 0 ? "1 picture" : "pictures");
    }
    await expect(page.locator("#classes li").nth(i)).toContainText("3 pictures");
  }
  const [asked, answer] = [page.locator("#try"), page.locator("conv-cam .bars")];
  await expect(asked).toBeEmpty();
  await page.locator("#learn").focus();
  await page.keyboard.press("9");
  await expect(page.locator("#lack")).toHaveText("There are 3 classes: choose “Another class” first.");
  await page.keyboard.press("1");
  await expect(page.locator("#lack")).toHaveText(/^There is no picture to add yet: draw something/);
  await page.getByRole("button", { name: "Learn these" }).click();
  await learnTo(page, 30);
  // Nothing is said of an empty pad but what to do.
  await expect(asked).toHaveText("Draw something to try it.");
  await expect(answer).toBeHidden();
  await page.getByRole("combobox", { name: "Rate schedule" }).selectOption("cosine");
  await expect(page).toHaveURL(/schedule=cosine/);
  await expect(answer).toBeHidden();
  await draw(page, strokes["angle"] ?? [], 0.03);
  const top = () =>
    page.evaluate(
      () =>
        new Promise<string | undefined>((resolve) => {
          const viewer = document.querySelector("conv-cam") as ConvCam;
          viewer.addEventListener("results", (event) => resolve((event as CustomEvent).detail.top[0]?.label), { once: true });
          viewer.refresh();
        }),
    );
  await expect(asked).toBeEmpty();
  await expect(answer).toBeVisible();
  await expect.poll(top, { timeout: 60_000 }).toBe("angle");
  await page.getByRole("button", { name: "Add a picture to angle" }).click();
  await expect(page.locator("#lack")).toHaveText(/^1 new picture is not learned yet/);
  await page.getByRole("button", { name: "Learn these" }).click();
  await expect(page.locator("#lack")).toBeEmpty();
});

test("a network with two halves learns to drive, and a visitor drives instead", async ({ warmPage: page }) => {
  await page.goto("/train.html#data=road&batch=8&twin=colors");
  await learnTo(page, 2);
  await expect(status(page)).toHaveText(/in the lane \d+\.\d % of the time/);
  await expect(page.locator("#drive-said")).toHaveText(/In its lane \d+ % of the way · \d+ km\/h/);
  await expect(page.locator("conv-cam .panel .name").filter({ hasText: "steering_conv_1 + throttle_conv_1" })).toHaveCount(1);
  const road = page.locator("#road canvas");
  const seen = () => road.evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
  await expect(page.locator("#drive")).toContainText("At first they drive into the grass.");
  await expect(page.locator("#second option:checked")).toHaveText("None: its halves are shown");
  await expect(page.locator("#twin option:checked")).toHaveText("Steering and throttle in the same tiles");
  await expect(page.locator("conv-cam .train-key.ink-right")).toHaveText("on roads held back");
  const how = page.locator("#drive-how");
  await expect(how).toBeHidden();
  await page.getByRole("button", { name: "You drive" }).click();
  await expect(how).toContainText(/Arrow keys: .* With a finger/);
  await expect(page.getByRole("button", { name: "You drive" })).toHaveAttribute("aria-pressed", "true");
  await expect(road).toBeFocused();
  const before = await seen();
  await page.keyboard.down("ArrowUp");
  await expect.poll(seen).not.toBe(before);
  await expect(page.locator("#drive-throttle")).toHaveJSProperty("value", 1);
  await page.keyboard.down("ArrowRight");
  await expect(page.locator("#drive-bar")).toHaveAttribute("style", "--steering: 1.00;");
  await page.keyboard.up("ArrowRight");
  await page.keyboard.up("ArrowUp");
  // It stands in the grass; whoever drives next begins in the lane.
  await expect(page.locator("#drive-said")).not.toHaveText(/100 %/);
  await page.locator("conv-cam").evaluate((viewer: ConvCam) => viewer.pause());
  await page.getByRole("button", { name: "It drives" }).click();
  await expect(how).toBeHidden();
  await page.locator("conv-cam").evaluate((viewer: ConvCam) => viewer.play());
  await expect(page.locator("#drive-said")).toHaveText(/^In its lane 100 % of the way · [12]\d km/);
  // Something else is learned, and the road is gone.
  await page.getByRole("combobox", { name: "Learns from" }).selectOption("shapes");
  await expect(page.locator("#drive")).toBeHidden();
  await learnTo(page, 1);
  await expect(page.locator("conv-cam .train-confusion th[scope=row]").first()).toHaveText(/\w+ \w+/);
});

test("one that has learned to drive keeps its lane in the page", async ({ warmPage: page }) => {
  await page.goto("/train.html#data=road&network=learned&twin=none");
  await expect(page.locator("#drive-said")).toHaveText(/In its lane 100 % of the way · [1-9]\d km\/h/, { timeout: 60_000 });
  await expect(page.locator("#drive-first")).toBeHidden();
  await expect(page.locator("conv-cam .train")).toHaveCount(0);
});

test("a network of one's own drives, whatever its two outputs are called", async ({ warmPage: page }) => {
  const graph = await importModel(await readFile(new URL("../../models/driver-trained.onnx", import.meta.url)));
  const called: Readonly<Record<string, string>> = { steering: "angle", throttle: "speed" };
  const renamed = (names: readonly string[]) => names.map((name) => called[name] ?? name);
  const nodes = graph.nodes.map((node) => ({ ...node, inputs: renamed(node.inputs), outputs: renamed(node.outputs) }));
  const bytes = encodeModel({ ...graph, nodes, outputs: ["speed", "angle"] });
  await page.goto("/train.html#data=road&network=learned&twin=none");
  const asked = page.waitForEvent("filechooser");
  await page.locator("#network").selectOption("file");
  await (await asked).setFiles({ name: "own.onnx", mimeType: "", buffer: Buffer.from(bytes) });
  const names = () => page.locator("conv-cam").evaluate((viewer) => (viewer as ConvCam).availableLayers.map(({ value }) => value));
  await expect.poll(names).toContain("angle");
  const said = page.locator("#drive-said");
  await said.evaluate((element) => element.replaceChildren());
  await expect(said).toHaveText(/In its lane \d+ % of the way/);
});

test("learns from pictures in a .zip, and a chooser that is cancelled changes nothing", async ({ warmPage: page }) => {
  const dot = (x: number) =>
    sharp(Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => (i % 16 === x ? 255 : 0))), {
      raw: { width: 16, height: 16, channels: 1 },
    });
  const files: Record<string, Uint8Array> = {};
  for (const [name, x] of [
    ["left", 2],
    ["right", 13],
  ] as const)
    for (let i = 0; i < 5; i++)
      files[`pets/${name}/${i}.png`] = await dot(x + (i % 2))
        .png()
        .toBuffer();
  await page.goto("/train.html#twin=none&batch=4");
  const list = page.getByRole("combobox", { name: "Learns from" });
  const choose = async (what: string) => {
    const asked = page.waitForEvent("filechooser");
    await list.selectOption(what);
    return asked;
  };
  await (await choose("zip")).setFiles({ name: "pets.zip", mimeType: "application/zip", buffer: Buffer.from(zipSync(files)) });
  await expect(status(page)).toHaveText(/Learns from 8 pictures · step [1-9]/, { timeout: 60_000 });
  await expect(page.locator("conv-cam .train")).toContainText("of 2 pictures held back");
  await choose("folder");
  await page.locator("#picture-folder").dispatchEvent("cancel");
  await expect(list).toHaveValue("zip");
});

test("says what is wrong with pictures and files, and until when", async ({ warmPage: page }) => {
  await page.goto("/train.html#twin=none&batch=8");
  await page.locator("conv-cam").evaluate((viewer) => viewer.setAttribute("train", "/src/nothing.bin"));
  await expect(page.locator("conv-cam .train .part-trouble")).toHaveText(/The pictures are damaged|could not be downloaded|no idx file/);
  // What was refused can be tried again, and something else is tried by itself.
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.locator("conv-cam .train .part-trouble")).toHaveText(/The pictures are damaged|could not be downloaded|no idx file/);
  // Of a text that is not accepted there is nothing to try again.
  await page.locator("conv-cam").evaluate((viewer) => viewer.setAttribute("train-optimizer", "adamm"));
  await expect(page.locator("conv-cam .train .part-trouble")).toHaveText(/^Train-optimizer 'adamm': expected one of sgd, adam/i);
  await expect(page.getByRole("button", { name: "Try again" })).toHaveCount(0);
  await page.locator("conv-cam").evaluate((viewer) => viewer.removeAttribute("train-optimizer"));
  await page.getByLabel("Seed").fill("2e0");
  await page.getByLabel("Seed").press("Enter");
  // What another reads in a link.
  await expect(page).toHaveURL(/seed=2&/);
  await learnTo(page, 1);
  await expect(page.locator("conv-cam").getByRole("alert").filter({ hasText: /./ })).toHaveCount(0);
});

test("a part that does not load is told, what learns stays chosen, and a button loads the page again with the choice", async ({ page }) => {
  await page.goto("/train.html#batch=4&twin=none");
  await learnTo(page, 1);
  await page.route("**/assets/drive-*.js", (route) => route.abort());
  const list = page.getByRole("combobox", { name: "Learns from" });
  const problem = page.locator("#problem");
  await list.selectOption("road");
  await expect(problem).toContainText("The part of Convcam to drive could not be loaded");
  await expect(problem).toContainText("Reload the page when online.");
  await expect(list).toHaveValue("fashion");
  expect(page.url()).not.toContain("road");
  await expect(page.locator("#about")).toContainText("clothing");
  await page.unroute("**/assets/drive-*.js");
  await problem.getByRole("button", { name: "Reload the page" }).click();
  await expect(list).toHaveValue("road");
  await expect(page.locator("#drive")).toBeVisible();
  await expect(problem).toBeHidden();
});

test("curves that do not load are told as a part of the program", async ({ page }) => {
  await page.route("**/assets/curves-*.js", (route) => route.abort());
  await page.goto("/train.html#batch=4&twin=none");
  await expect(page.locator("conv-cam .train .part-trouble")).toHaveText(
    /^The part of Convcam that draws curves could not be loaded\. Reload the page when online\./,
  );
});

test("what is wrong with the camera is told until it works, or somebody draws", async ({ warmPage: page }) => {
  await page.addInitScript(() => {
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    const camera: { refusal: string; stream?: MediaStream } = { refusal: "NotAllowedError" };
    Object.assign(window, { camera });
    mediaDevices.getUserMedia = async (constraints) => {
      if (camera.refusal) throw new DOMException("no", camera.refusal);
      camera.stream = await open(constraints);
      return camera.stream;
    };
  });
  await page.goto("/train.html#data=teach&batch=4");
  const problem = page.locator("#problem");
  const [draw, camera] = [page.locator("#draw"), page.locator("#camera")];
  await camera.click();
  await expect(problem).toHaveText(/^The camera was not allowed/);
  await draw.click();
  await expect(problem).toBeHidden();
  await camera.click();
  await expect(problem).toHaveText(/^The camera was not allowed/);
  // The same button again is how one tries again.
  await page.evaluate(() => Object.assign((window as unknown as { camera: object }).camera, { refusal: "" }));
  await camera.click();
  await expect(page.locator("#preview video")).toBeVisible();
  await expect(problem).toBeHidden();
  await page.evaluate(() => {
    const { stream } = (window as unknown as { camera: { stream: MediaStream } }).camera;
    for (const track of stream.getTracks()) {
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
  });
  await expect(problem).toHaveText(/^The camera is gone/);
  await draw.click();
  await expect(problem).toBeHidden();
});

test("says once and quietly where the browser keeps nothing for another day", async ({ warmPage: page }) => {
  await page.addInitScript(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await page.goto("/train.html#batch=4&twin=none");
  await learnTo(page, 26);
  const remark = page.locator("conv-cam .train-remark", {
    hasText: "This browser keeps nothing of it for another day: download what is to last.",
  });
  await expect(remark).toHaveCount(1);
  await expect(page.locator("conv-cam").getByRole("alert").filter({ hasText: /./ })).toHaveCount(0);
});

test("a network with more scores than classes is told of", async ({ warmPage: page }) => {
  await page.goto(
    `/train.html#${new URLSearchParams({ network: "lines", lines: "input 1 28 28\ndense 12 softmax", batch: "4", twin: "none" })}`,
  );
  await learnTo(page, 1);
  const remark = page.locator("conv-cam .train-remark", { hasText: "The network has 12 scores, the pictures are of 10 classes" });
  await expect(remark).toHaveCount(1);
  // Before it has learned much, some of its answers are with these.
  await expect(page.locator("conv-cam .train-confusion thead th").last()).toHaveText("none of them");
  await expect(page.locator("conv-cam .train-confusion tbody tr").first().locator("td")).toHaveCount(11);
});

test("a seed that is none is the usual one, which stands in its field", async ({ warmPage: page }) => {
  const seed = page.getByLabel("Seed");
  for (const wrong of ["abc", "-5", "1.5", "99999999999999999999", ""]) {
    await page.goto("about:blank");
    await page.goto(`/train.html#batch=4&twin=none&seed=${wrong}`);
    await expect(seed).toHaveValue("1");
    await expect(page.locator("conv-cam")).toHaveAttribute("train-seed", "1");
  }
  for (const [wrong, isValid] of [
    ["-5", false],
    ["1.5", false],
    ["99999999999999999999", false],
    ["4294967294", true],
  ] as const) {
    await seed.fill(wrong);
    expect(await seed.evaluate((field: HTMLInputElement) => field.checkValidity())).toBe(isValid);
  }
});
