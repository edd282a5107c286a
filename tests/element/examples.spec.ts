// The worked examples of embedding, as they lie in examples/: each is opened and used.
import { fileURLToPath } from "node:url";
import { expect, type Page } from "@playwright/test";
import { build, type Rolldown } from "vite";
import { test } from "./fixtures.ts";

/** Fails a test whose page tells of an error. */
function watch(page: Page): readonly string[] {
  const problems: string[] = [];
  page.on("pageerror", ({ message }) => problems.push(message));
  return problems;
}

test("plain HTML: a layer with controls and a caption", async ({ warmPage: page }) => {
  const problems = watch(page);
  await page.goto("/examples/plain.html");
  await expect(page.locator("conv-cam .crumbs [aria-current]")).toHaveText("conv_1");
  await expect(page.locator("conv-cam .bars .top .label")).toHaveText("3");
  await expect(page.getByRole("toolbar", { name: "Controls" })).toBeVisible();
  await expect(page.getByText("32 maps of one digit.")).toBeVisible();
  expect(problems).toEqual([]);
});

test("Vue: an event becomes text, and a choice an attribute", async ({ warmPage: page }) => {
  const problems = watch(page);
  await page.goto("/examples/vue.html");
  await expect(page.locator("#answer")).toHaveText(/^It reads (3|class 3)\.$/);
  await page.getByLabel("Layer").selectOption("conv_2");
  await expect(page.locator("conv-cam .panel .name")).toHaveText(["conv_2"]);
  expect(problems).toEqual([]);
});

test("React: an event becomes state, and an object a property", async ({ warmPage: page }) => {
  const problems = watch(page);
  const result = await build({
    configFile: false,
    logLevel: "silent",
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      write: false,
      rolldownOptions: {
        input: fileURLToPath(new URL("../../examples/react.js", import.meta.url)),
        external: ["convcam/element"],
        output: { codeSplitting: false },
      },
    },
  });
  const { output } = (Array.isArray(result) ? result[0] : result) as Rolldown.RolldownOutput;
  const script = output[0].code;
  await page.route("/examples/react-app.js", (route) => route.fulfill({ contentType: "text/javascript", body: script }));
  const html = `<!doctype html><script type="importmap">{"imports":{"convcam/element":"/dist/element.js"}}</script>
    <div id="app"></div><script type="module" src="react-app.js"></script>`;
  await page.route("/examples/react.html", (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.goto("/examples/react.html");
  await expect(page.locator("#answer")).toHaveText(/^It reads (3|class 3)\.$/);
  const gates = () => page.locator("conv-cam").evaluate((element) => (element as unknown as { gates: readonly unknown[] }).gates.length);
  expect(await gates()).toBe(0);
  await page.getByRole("button", { name: "The first channel off" }).click();
  await expect(page.getByRole("button", { name: "All maps" })).toBeVisible();
  await expect.poll(gates).toBe(1);
  expect(problems).toEqual([]);
});

test("slides: what is not on the screen is paused, and loads nothing before it is near", async ({ warmPage: page }) => {
  const problems = watch(page);
  const networks: string[] = [];
  page.on("request", (request) => request.url().endsWith(".onnx") && networks.push(request.url()));
  await page.goto("/examples/deck.html");
  await expect(page.getByText("Arrow keys go on and back.")).toBeVisible();
  await page.evaluate(() => customElements.whenDefined("conv-cam"));
  expect(networks).toEqual([]);
  const paused = () => page.locator("conv-cam").evaluateAll((all) => all.map((one) => one.hasAttribute("paused")));
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("section.current conv-cam .panel .name")).toHaveText(["conv_1"]);
  expect(await paused()).toEqual([false, true]);
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("section.current conv-cam .panel .name")).toHaveText(["conv_2"]);
  expect(await paused()).toEqual([true, false]);
  expect(problems).toEqual([]);
});
