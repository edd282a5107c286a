// `npm run screenshots`: a picture of every view of the built site, on a desktop and a phone, light and dark, into screenshots/, to be looked
// at. `npm run screenshots -- --only pixel` takes those whose name begins so. With `--docs` it makes the pictures of the README and the docs anew.
// A view that is not shown in time is named at the end, after all others, and the exit status is 1.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { preview, runnerImport } from "vite";
import { takeDocsPictures } from "./docs-pictures.mjs";
import { root } from "./steps.mjs";

const { values } = parseArgs({ options: { docs: { type: "boolean", default: false }, only: { type: "string", default: "" } } });
const support = (/** @type {string} */ name) => runnerImport(`${root}tests/support/${name}.ts`, { configFile: false, logLevel: "warn" });
/** @type {{ module: typeof import("../tests/support/browser.ts") }} */
const { module: browsers } = await support("browser");
/** @type {{ module: typeof import("../tests/support/page-views.ts") }} */
const { module: views } = await support("page-views");

const screens = /** @type {const} */ ({ desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } });
const schemes = /** @type {const} */ (["light", "dark"]);
/** Milliseconds: without a GPU, and beside other work, patterns take minutes. */
const patience = 300_000;
/** @type {string[]} */
const missed = [];

const server = await preview({ root, logLevel: "warn", build: { outDir: "dist/site" }, preview: { port: 0 } });
const baseURL = server.resolvedUrls?.local[0]?.replace(/\/$/, "") ?? "";
const browser = await chromium.launch({ executablePath: browsers.ensureBrowser(), args: [...browsers.chromiumArguments] });

/** Runs in the page: only what was on the screen is drawn. */
async function scrollThrough(/** @type {number} */ patience) {
  const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const viewers = /** @type {import("../src/ui/element.ts").ConvCam[]} */ ([...document.querySelectorAll("conv-cam")]);
  for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight / 2) {
    scrollTo({ top, behavior: "instant" });
    await pause(250);
    const near = viewers.filter((viewer) => {
      const box = viewer.getBoundingClientRect();
      return box.top < innerHeight && box.bottom > 0;
    });
    const drawn = Promise.all(near.map((viewer) => viewer.updateComplete)).then(() => pause(250));
    await Promise.race([drawn, pause(patience)]);
  }
  scrollTo({ top: 0, behavior: "instant" });
  await pause(250);
}

/** Every view in one window, one after the other: what is compiled is compiled once. */
async function takeViews(/** @type {keyof typeof screens} */ screen) {
  const folder = join(root, "screenshots");
  await mkdir(folder, { recursive: true });
  const context = await browser.newContext({
    baseURL,
    viewport: screens[screen],
    hasTouch: screen === "phone",
    isMobile: screen === "phone",
  });
  // The tour of a first visit would stand over what is shown.
  await context.addInitScript(() => localStorage.setItem("convcam:tour", "seen"));
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(error));
  const take = async (/** @type {string} */ name) => {
    for (const scheme of schemes) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.evaluate(scrollThrough, patience);
      await page.screenshot({ path: join(folder, `${name}-${screen}-${scheme}.png`), fullPage: true });
    }
    console.log(`${name} on a ${screen}`);
  };
  /** What sleeps far from the window is taken in it, part by part. */
  const takeParts = async (/** @type {string} */ name, /** @type {import("@playwright/test").Locator} */ parts) => {
    for (const [i, part] of (await parts.all()).entries())
      for (const scheme of schemes) {
        await page.emulateMedia({ colorScheme: scheme });
        await part.evaluate((element) => element.scrollIntoView({ block: "start", behavior: "instant" }));
        await part.locator("conv-cam canvas").first().waitFor({ timeout: patience });
        await part.evaluate((element) => element.querySelector("conv-cam")?.updateComplete);
        await page.screenshot({ path: join(folder, `${name}-${i + 1}-${screen}-${scheme}.png`) });
      }
    console.log(`${name} on a ${screen}, part by part`);
  };
  const attempt = async (/** @type {string} */ name, /** @type {() => Promise<void>} */ show, parts = "") => {
    if (!name.startsWith(values.only)) return;
    try {
      await show();
      await (parts ? takeParts(name, page.locator(parts)) : take(name));
    } catch (error) {
      console.error(error);
      missed.push(`${name} on a ${screen}`);
      // Whatever it was at, the next view begins on a page of its own.
      await page.goto("about:blank");
    }
  };
  for (const view of views.pageViews) await attempt(view.name, () => views.showView(page, view, patience));
  for (const { name, address, there, parts } of views.otherPages) {
    const show = async () => {
      await page.goto(address);
      await page.locator(there).first().waitFor({ timeout: patience });
    };
    await attempt(name, show, parts);
  }
  await context.close();
}

try {
  if (values.docs) await takeDocsPictures(browser, baseURL, views.showView);
  else for (const screen of /** @type {const} */ (["desktop", "phone"])) await takeViews(screen);
} finally {
  await browser.close();
  await server.close();
}
if (missed.length > 0) {
  console.error(`Not taken: ${missed.join(", ")}.`);
  process.exitCode = 1;
}
