// The bench's page: one small network on engines of every kind, then sharing and comparing what came out.
import { expect, test } from "@playwright/test";

test("measures, shows, shares and compares", async ({ page }) => {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto("/bench.html");
  await expect(page.getByRole("button", { name: "Measure" })).toBeEnabled();
  await page.getByLabel("squeezenet1_1").uncheck();
  for (const peer of ["ort-webgpu", "ort-wasm-n", "tfjs-webgpu"]) await page.getByLabel(peer, { exact: true }).uncheck();
  await page.getByLabel("Runs at most").fill("2");
  await page.getByRole("button", { name: "Measure" }).click();
  await expect(page.getByRole("status")).toHaveText("Done.", { timeout: 55_000 });

  const times = page.getByRole("table", { name: /Median of a run/ });
  await expect(times.getByRole("row")).toHaveCount(2);
  const cells = await times
    .getByRole("row", { name: /^mnist/ })
    .getByRole("cell")
    .allTextContents();
  // Convcam, ort-wasm-1, tfjs-webgl, tfjs-wasm, and the fastest GPU peer: all right, none failed.
  expect(cells).toHaveLength(5);
  for (const cell of cells) expect(cell).toMatch(/^[\d.]+/);
  await expect(page.getByRole("img", { name: /^GPU time of each layer of mnist/ })).toBeVisible();
  await expect(page.getByRole("img", { name: /^Roofline of mnist/ })).toBeVisible();
  await expect(page.getByRole("table", { name: /Code to download/ })).toContainText("convcam");

  await page.evaluate(() =>
    Object.defineProperty(navigator, "clipboard", { value: { writeText: () => Promise.reject(new Error("refused")) } }),
  );
  await page.getByRole("button", { name: "Copy as link" }).click();
  const copied = page.getByLabel("Copied result");
  await expect(copied).toHaveValue(/\/bench\.html#result=/);
  const link = await copied.inputValue();
  await page.getByLabel("or link").fill(link);
  await expect(page.locator("#comparison").getByRole("row").filter({ hasText: "mnist, convcam" })).toContainText("1.0× same");

  const visitor = await page.context().newPage();
  await visitor.goto(link);
  await expect(visitor.getByRole("table", { name: /Median of a run/ }).getByRole("row", { name: /^mnist/ })).toContainText(
    cells[0] as string,
  );
  expect(problems).toEqual([]);
});
