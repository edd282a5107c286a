// What is shown is shared: the link and the frame show the same again, and a frame of one's own is written by hand.
import { expect } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";
import { test } from "../support/warm-page.ts";
import { pixelsNetwork, thousandClasses } from "./networks.ts";
import { dropFile, openPage, readValue } from "./page.ts";

test("gives a link and the code of a frame, which shows the same place", async ({ warmPage: page }) => {
  await openPage(page, "#network=mnist-early&view=channel&layer=conv_1&channel=5");
  await page.click("#share");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Link")).toHaveValue(page.url());
  const code = await dialog.getByLabel("For another page").inputValue();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  const address = await page.evaluate(
    (html) => new DOMParser().parseFromString(html, "text/html").querySelector("iframe")?.src ?? "",
    code,
  );
  await page.goto(address);
  await expect(page.locator("conv-cam .crumbs [aria-current]")).toHaveText("channel 5");
  await expect(page.locator("conv-cam .side")).toContainText("share of zeros");
  const whole = await page.locator("#whole").getAttribute("href");
  expect(whole).toBe("./#network=mnist-early&view=channel&layer=conv_1&channel=5");
});

test("prepares pictures as somebody chose, and else as the network wants them", async ({ warmPage: page }) => {
  const preparation = () => page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).preparation);
  const chosen = { mean: 127.5, std: 127.5, scale: 1, channels: "gray" } as const;
  await page.goto(`/embed.html#${new URLSearchParams({ preparation: JSON.stringify(chosen) })}`);
  await expect.poll(preparation).toEqual(chosen);
  // White, with what was chosen.
  await expect.poll(async () => Math.max(...(await readValue(page, "input_layer")))).toBeCloseTo(1, 5);
  await expect.poll(async () => Math.min(...(await readValue(page, "input_layer")))).toBeCloseTo(-1, 5);
});

test("takes attributes by name, and says which network there is not", async ({ warmPage: page }) => {
  await page.goto("/embed.html?network=mnist-trained&view=layer&layer=pool_1&order=activity&hide=overview&bars=none");
  await expect(page.locator("conv-cam .crumbs [aria-current]")).toHaveText("pool_1");
  await expect(page.locator("conv-cam .band")).toBeHidden();
  await page.goto("/embed.html?bars=none&hide=overview&view=layer#view=channel&layer=conv_1");
  await expect(page.locator("conv-cam .crumbs [aria-current]")).toHaveText("conv_1");
  await expect(page.locator("conv-cam .band")).toBeHidden();
  expect(await page.locator("conv-cam").getAttribute("bars")).toBe("none");
  await page.goto("/embed.html?network=nobody");
  await expect(page.locator("#problem")).toContainText("There is no network 'nobody' here");
});

test("guesses preparation and names of a network at an address, unless whoever wrote the frame says them", async ({ warmPage: page }) => {
  const frame = () =>
    page.evaluate(() => (({ preparation, labels }) => ({ preparation, labels }))(document.querySelector("conv-cam") as ConvCam));
  await page.route("**/nets/pixels.onnx", (route) =>
    route.fulfill({ body: Buffer.from(pixelsNetwork("{0: 'red', 1: 'green', 2: 'blue'}")) }),
  );
  await page.route("**/nets/thousand.onnx", (route) => route.fulfill({ body: Buffer.from(thousandClasses()) }));
  await page.goto("/embed.html?src=nets/pixels.onnx");
  await expect.poll(async () => (await frame()).labels).toEqual(["red", "green", "blue"]);
  expect((await frame()).preparation).toMatchObject({ scale: 1 });
  await expect.poll(async () => Math.max(...(await readValue(page, "pixels")))).toBeGreaterThan(100);
  await page.goto("/embed.html?bars=none#src=nets/thousand.onnx&input=face");
  await expect.poll(async () => (await frame()).labels.length).toBe(1000);
  await expect.poll(async () => new Set(await readValue(page, "x")).size).toBeGreaterThan(20);
  await page.route("**/nets/names.txt", (route) => route.fulfill({ body: "rot\ngrün\nblau" }));
  await page.goto("/embed.html?src=nets/pixels.onnx&input=checkerboard&scale=0.5&labels=nets/names.txt");
  await expect.poll(async () => Math.max(...(await readValue(page, "pixels")))).toBeCloseTo(127.5, 0);
  expect((await frame()).labels).toEqual(["rot", "grün", "blau"]);
});

test("opens a network that is dropped, with its own preparation, and shows a drawing of a link", async ({ warmPage: page }) => {
  await openPage(page);
  await page.click("#clear");
  const box = (await page.locator("#pad").boundingBox()) as { x: number; y: number; width: number; height: number };
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.8, { steps: 8 });
  await page.mouse.up();
  await expect(page.locator("#top-label")).toHaveText("1");
  await expect.poll(() => page.url()).toMatch(/input=drawing:[\w-]+$/);
  await page.goto(`/embed.html${new URL(page.url()).hash}`);
  await expect(page.locator("conv-cam [part=bars] .top")).toContainText("1");
  await dropFile(page, "pixels.onnx", "", pixelsNetwork("{0: 'red', 1: 'green', 2: 'blue'}"));
  await expect(page.locator("conv-cam [part=bars]")).toContainText("green");
  await expect.poll(async () => Math.max(...(await readValue(page, "pixels")))).toBeGreaterThan(20);
  await expect(page.locator("#problem")).toBeHidden();
  await expect(page.locator("#whole")).toBeHidden();
});

test("reads behind the ? all that the page's link may hold, and says what it does not know", async ({ warmPage: page }) => {
  const stateOf = () => page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).state);
  const gates = JSON.stringify([{ value: "conv_1", channel: 5, scale: 0 }]);
  const query = new URLSearchParams({ compare: "mnist-early", gates, view: "layer", layer: "conv_1", preparation: '{"scale":0.002}' });
  await page.goto(`/embed.html?${query}`);
  await expect(page.locator("conv-cam .changes")).toContainText("1 channel changed in MNIST digits, trained alone: conv_1 silenced 5");
  await expect(page.locator("conv-cam .compare-key")).toContainText("magenta: MNIST digits, trained");
  expect(await stateOf()).toMatchObject({ preparation: { scale: 0.002 } });
  await expect(page.locator("conv-cam")).toHaveAttribute("learn", "./learn.html");
  await expect(page.locator("#problem")).toBeHidden();
  await page.goto("/embed.html?checkpoints=stored&checkpoint=1&bars=none");
  await expect(page.getByRole("slider", { name: "Checkpoint" })).toHaveValue("1");
  expect(await stateOf()).toMatchObject({ bars: "none" });

  await page.goto("/embed.html?comapre=mnist-early&view=layer");
  await expect(page.locator("#problem")).toContainText("Behind the ? of this frame's address stands 'comapre', which it does not know");
  await expect(page.locator("conv-cam .crumbs [aria-current]")).toHaveText("conv_1");
  await page.goto("/embed.html?compare=nobody");
  await expect(page.locator("#problem")).toContainText("There is no network 'nobody' here to compare with");
  await expect(page.locator("conv-cam [part=bars] .top")).toContainText("3");
  await page.goto("/embed.html?gates=off");
  await expect(page.locator("#problem")).toContainText("This address cannot be read in full: gates 'off'.");
  await page.goto("/embed.html?input=drawing:A");
  await expect(page.locator("#problem")).toContainText("The drawing in this link cannot be read, so the digit is shown");
  await expect(page.locator("conv-cam [part=bars] .top")).toContainText("3");
});
