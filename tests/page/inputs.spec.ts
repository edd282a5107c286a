// What the network looks at, and how: preparations, names of classes, pictures, the camera, videos.
import { expect, type Page } from "@playwright/test";
import { encodeNpy } from "../../src/engine/npy.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, op } from "../support/graphs.ts";
import { test } from "../support/warm-page.ts";
import { pixelsNetwork, thousandClasses } from "./networks.ts";
import { dropFile, openPage, readValue } from "./page.ts";

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

  // What the network gets is shown as a picture again: white is white, though the network gets 255 for it.
  await page.locator("#seen summary").click();
  await expect(page.locator("#seen-text")).toHaveText("8 × 8 pixels, with the arithmetic on their colours undone.");
  const brightest = () =>
    page.locator("#seen-picture").evaluate((canvas: HTMLCanvasElement) => {
      const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height);
      return Math.max(...data.filter((_, i) => i % 4 !== 3));
    });
  const pixel = async () => Math.round(await largest(page));
  await expect.poll(async () => (await brightest()) - (await pixel())).toBe(0);

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

/** The middle row of what the network gets: of 28 numbers some differ between any two of our pictures. */
const middleRow = async (page: Page) => (await readValue(page, "input_layer")).slice(14 * 28, 15 * 28).map((number) => number.toFixed(3));

test("names a thousand classes as ImageNet does, and guesses its preparation for them", async ({ warmPage: page }) => {
  await openPage(page);
  await dropFile(page, "thousand.onnx", "", thousandClasses());
  await expect(page.locator("#names-source")).toHaveText("ImageNet's names, guessed from the number of classes");
  await expect(page.locator("#prepared-text")).toHaveText("8 × 8, RGB, (x − mean) / std of ImageNet, guessed");
  await expect(page.locator("#top-label")).not.toHaveText(/class \d/);
  expect(await page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).labels.length)).toBe(1000);
});

test("shows pictures of the gallery, a road that is driven by keys, and pictures by address", async ({ warmPage: page }) => {
  await openPage(page);
  const drawn = (await middleRow(page)).join();
  await page.locator("#pick").press("Enter");
  await expect(page.getByRole("button", { name: "Shapes", exact: true })).toHaveAttribute("aria-pressed", "true");
  await expect.poll(async () => (await middleRow(page)).join()).not.toBe(drawn);
  await page.getByRole("button", { name: "Checkerboard" }).press("Enter");
  await expect.poll(async () => new Set(await middleRow(page)).size).toBeLessThan(8);

  const fetched: string[] = [];
  page.on("request", (request) => void (/\.jpg/.test(request.url()) && fetched.push(request.url())));
  await expect(page.locator("#gallery-credits")).toContainText("Cat by Stefan van der Walt (CC0)");
  await page.getByRole("button", { name: /^Cat, a photograph/ }).press("Enter");
  await expect.poll(async () => new Set(await middleRow(page)).size).toBeGreaterThan(20);
  expect(fetched).toHaveLength(1);
  await expect(page.getByRole("button", { name: /^Cat, a photograph/ })).toHaveAttribute("aria-pressed", "true");
  expect(await page.evaluate(() => [...document.querySelectorAll<HTMLImageElement>("#gallery img")].every((image) => image.complete))).toBe(
    true,
  );

  await page.getByRole("button", { name: /^Moving shapes/ }).press("Enter");
  await expect(page.getByRole("application", { name: /^Moving shapes/ })).toBeFocused();
  const moved = new Set<string>();
  await expect.poll(async () => moved.add((await readValue(page, "input_layer")).join()).size, { timeout: 60_000 }).toBeGreaterThan(2);

  await page.getByRole("button", { name: /^Road/ }).press("Enter");
  await expect(page.locator("#preview canvas")).toBeFocused();
  await page.keyboard.down("ArrowUp");
  // Lane marks and trees come nearer, frame by frame.
  const rows = new Set<string>();
  await expect.poll(async () => rows.add((await readValue(page, "input_layer")).join()).size, { timeout: 60_000 }).toBeGreaterThan(3);
  await page.keyboard.up("ArrowUp");

  await page.route("https://other.example/**", (route) => route.abort());
  await page.locator("#picture-address").fill("https://other.example/cat.png");
  await page.locator("#picture-address").press("Enter");
  await expect(page.locator("#input-problem")).toContainText("does not let other pages read its pictures (CORS)");
  const red = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 40 });
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "#ff0000";
    context.fillRect(0, 0, 40, 40);
    return canvas.toDataURL();
  });
  await page.locator("#picture-address").fill(red);
  await page.getByRole("button", { name: "Show this address" }).click();
  // Red is 0.299 of white.
  await expect.poll(async () => (await readValue(page, "input_layer"))[0]).toBeCloseTo(0.299, 2);
  await expect(page.locator("#input-problem")).toBeHidden();
  await page.click("#draw");
  await expect.poll(async () => (await middleRow(page)).join()).toBe(drawn);
  await page.click("#pick");
  await expect.poll(async () => (await readValue(page, "input_layer"))[0]).toBeCloseTo(0.299, 2);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});

test("names the camera, mirrors its preview, and stops it with its last picture", async ({ warmPage: page }) => {
  await openPage(page);
  await page.click("#camera");
  await expect(page.locator("#camera-device option")).not.toHaveCount(0);
  await expect(page.locator("#preview")).toHaveClass(/mirrored/);
  await page.locator("#camera-mirror").press("Space");
  await expect(page.locator("#preview")).not.toHaveClass(/mirrored/);
  const track = await page
    .locator("#preview video")
    .evaluateHandle((video: HTMLVideoElement) => (video.srcObject as MediaStream).getVideoTracks()[0]);
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.locator("#preview canvas")).toBeVisible();
  expect(await track.evaluate((one) => one?.readyState)).toBe("ended");
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.locator("#preview video")).toBeVisible();
  // As a browser tells when the plug is pulled; another camera is listed when one is plugged in.
  await page.evaluate(() => {
    document.querySelector("#camera-device")?.replaceChildren();
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  });
  await expect(page.locator("#camera-device option")).not.toHaveCount(0);
  await page.locator("#preview video").evaluate((video: HTMLVideoElement) => {
    (video.srcObject as MediaStream).getVideoTracks()[0]?.dispatchEvent(new Event("ended"));
  });
  await expect(page.locator("#input-problem")).toContainText("The camera is gone");
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.locator("#input-problem")).toBeHidden();
  await expect(page.locator("#preview video")).toBeVisible();
  await page.click("#draw");
  await expect(page.locator("#camera-controls")).toBeHidden();
});

test("brushes over the picture by mouse and keyboard, says what becomes of the answer, and undoes", async ({ warmPage: page }) => {
  await openPage(page);
  const drawn = await readValue(page, "input_layer");
  const retouch = () => page.locator("conv-cam").getAttribute("retouch");
  await page.getByRole("button", { name: "Brush", exact: true }).press("Enter");
  const canvas = page.getByRole("application", { name: /^Brush over the picture/ });
  await expect(canvas).toBeVisible();
  // Its controls are no wider than the column.
  expect(await page.locator("aside").evaluate((aside) => aside.scrollWidth - aside.clientWidth)).toBe(0);
  // The first arrow puts a patch into the middle of the digit, and others move it: up, where it no longer covers the middle.
  await canvas.press("ArrowUp");
  expect(await retouch()).toBe("gray 0.2 0.5,0.5");
  await expect.poll(async () => (await readValue(page, "input_layer")).join()).not.toBe(drawn.join());
  await canvas.press("ArrowUp");
  await canvas.press("Shift+ArrowLeft");
  expect(await retouch()).toBe("gray 0.2 0.46,0.49");
  await canvas.press("Enter");
  await canvas.press("ArrowDown");
  expect(await retouch()).toBe("gray 0.2 0.46,0.49; gray 0.2 0.5,0.5");
  await canvas.press("Control+z");
  expect(await retouch()).toBe("gray 0.2 0.46,0.49");
  await page.getByRole("radio", { name: "Paint" }).check();
  await page.getByRole("slider", { name: "Size" }).fill("0.6");
  const box = (await canvas.boundingBox()) as { x: number; y: number; width: number; height: number };
  await page.mouse.move(box.x + box.width * 0.1, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  await expect.poll(retouch).toMatch(/^gray 0.2 0.46,0.49; #d02020 0.6( 0.5[\d.]*,[\d.]+){4,}$/);
  // Red over black, as gray as MNIST sees it.
  await expect.poll(async () => (await readValue(page, "input_layer"))[14 * 28 + 14]).toBeCloseTo((0.299 * 208 + 0.701 * 32) / 255, 2);
  const said = page.locator("#brush-before");
  await expect(said).toHaveText(/^3 [\d.]+% → [\d.]+%; now \d [\d.]+%$/);
  // What a gate does is not said to be the brush's.
  await page.locator("conv-cam").evaluate((viewer: ConvCam) => {
    viewer.gates = [{ value: "conv_1", channel: 9, scale: 0 }];
  });
  await expect(said).toHaveText(/^Now \d [\d.]+%\. Clear the brush/);
  await page.locator("conv-cam").evaluate((viewer: ConvCam) => {
    viewer.gates = [];
  });
  await expect.poll(() => hash(page)).toContain("retouch=gray");
  await page.getByRole("button", { name: "Undo" }).click();
  expect(await retouch()).toBe("gray 0.2 0.46,0.49");
  await page.getByRole("button", { name: "Clear the brush" }).click();
  await expect.poll(async () => (await readValue(page, "input_layer")).join()).toBe(drawn.join());
  await page.getByRole("button", { name: "Undo" }).click();
  expect(await retouch()).toBe("gray 0.2 0.46,0.49");
  await page.getByRole("button", { name: "Brush", exact: true }).click();
  await expect(canvas).toBeHidden();
  expect(await retouch()).toBeNull();
});

test("gives a network an array as it is, refuses one of another shape, and gives that to the next network", async ({ warmPage: page }) => {
  await openPage(page);
  const digit = Tensor.float32(
    [28, 28],
    Float32Array.from({ length: 784 }, (_, i) => ((i * 37) % 256) - 100),
  );
  await dropFile(page, "digit.npy", "", [...encodeNpy(digit)]);
  await expect(page.locator("#preview")).toHaveText("digit.npy: [28, 28] of float32. The network gets it as it is: nothing is prepared.");
  await expect.poll(() => readValue(page, "input_layer")).toEqual([...digit.toNumbers()]);
  await expect(page.locator("#prepared")).toBeHidden();
  await expect(page.locator("#top-share")).toHaveText(/%/);

  // Red, green and blue last, as NumPy's pictures lie.
  const colors = Tensor.from(
    "uint8",
    [8, 8, 3],
    Array.from({ length: 192 }, (_, i) => i),
  );
  await dropFile(page, "colors.npy", "", [...encodeNpy(colors)]);
  await expect(page.locator("#input-problem")).toHaveText(
    /^The array is \[8, 8, 3\] of uint8, and input 'input_layer' takes \[1, 1, 28, 28\] or \[28, 28\]\.$/,
  );
  await expect(page.locator("#answer")).toBeHidden();
  await dropFile(page, "pixels.onnx", "", pixelsNetwork(""));
  // Until it is shown, the network before is asked, which has no such value.
  await expect(async () => expect((await readValue(page, "pixels")).slice(0, 3)).toEqual([0, 3, 6])).toPass();
  expect((await readValue(page, "pixels")).slice(64, 66)).toEqual([1, 4]);
  await expect(page.locator("#input-problem")).toBeHidden();
  await page.click("#draw");
  await expect(page.locator("#prepared-text")).toContainText("8 × 8");
});

test("a picture is shown as the network sees it, wide for a wide input, and the brush hits where it points", async ({ warmPage: page }) => {
  await openPage(page);
  const wide = graphOf({ inputs: { x: [1, 3, 8, 16] }, nodes: [op("Relu", "x", "y")] });
  await dropFile(page, "wide.onnx", "", [...encodeModel(wide)]);
  await expect(page.locator("#prepared-text")).toContainText("16 × 8");
  // Red left of its middle, blue right of it, and green above and below what a wide input takes of it.
  const picture = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    for (const [color, x, y, width, height] of [
      ["#0f0", 0, 0, 64, 64],
      ["#f00", 0, 16, 32, 32],
      ["#00f", 32, 16, 32, 32],
    ] as const) {
      context.fillStyle = color;
      context.fillRect(x, y, width, height);
    }
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
    return [...new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer())];
  });
  await dropFile(page, "halves.png", "image/png", picture);
  const preview = page.locator("#preview canvas");
  const aspect = async () => {
    const box = await preview.boundingBox();
    return Math.round(((box?.width ?? 0) / (box?.height ?? 1)) * 100) / 100;
  };
  await expect.poll(aspect).toBe(2);
  const row = async () => (await readValue(page, "x")).slice(0, 16).map(Math.round);
  await expect.poll(row).toEqual([...Array<number>(8).fill(1), ...Array<number>(8).fill(0)]);
  await page.getByRole("button", { name: "Brush", exact: true }).click();
  await expect(page.locator("#brush-canvas")).toBeVisible();
  const box = (await page.locator("#brush-canvas").boundingBox()) as { x: number; y: number; width: number; height: number };
  // A quarter of what is seen from its top is three eighths of the picture.
  await page.mouse.click(box.x + box.width / 4, box.y + box.height / 4);
  await expect(page.locator("conv-cam")).toHaveAttribute("retouch", /^gray [\d.]+ 0\.37\d*,0\.25/);
  await page.locator("#prepare").click();
  await page.locator("#prepare-fit").selectOption("contain");
  await expect.poll(aspect).toBe(1);
});
