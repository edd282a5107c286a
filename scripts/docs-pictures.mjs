// The pictures of the README and the docs, from the networks and the digit of this repository; among them one that moves.
import { join } from "node:path";
import sharp from "sharp";
import { drawFigures } from "./docs-figures.mjs";
import { root } from "./steps.mjs";

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {typeof import("../tests/support/page-views.ts").showView} ShowView */

const docs = join(root, "docs");
const whole = { x: 0, y: 0, width: 1280, height: 800 };

/**
 * @param {import("@playwright/test").Browser} browser
 * @param {string} baseURL of the built site
 * @param {ShowView} showView
 */
export async function takeDocsPictures(browser, baseURL, showView) {
  const context = await browser.newContext({ baseURL, viewport: { width: whole.width, height: whole.height }, colorScheme: "light" });
  // The tour of a first visit would stand over it.
  await context.addInitScript(() => localStorage.setItem("convcam:tour", "seen"));
  const page = await context.newPage();
  const show = (/** @type {string} */ hash, /** @type {string} */ selector, /** @type {RegExp} */ text) =>
    showView(page, { name: hash, hash, there: [selector, text] });
  await show("", ".band-title", /input/);
  await keep(page, "screenshot.png");
  await show("view=pixel&layer=conv_1&channel=8&pixel=3,15", ".side .check", /✓/);
  await keep(page, "pixel.png");
  await takeFilm(page, show);
  await context.close();
  await drawFigures(docs);
}

/** A palette is enough for a page, and a third of the bytes. @param {Page} page @param {string} name */
async function keep(page, name) {
  await page.waitForTimeout(500);
  await sharp(await page.screenshot({ clip: whole }))
    .png({ palette: true, effort: 10 })
    .toFile(join(docs, name));
  console.log(`docs/${name}`);
}

/**
 * The page at work: a digit is drawn, then from all layers to a layer, a channel and an element, and why.
 *
 * @param {Page} page
 * @param {(hash: string, selector: string, text: RegExp) => Promise<void>} show
 */
async function takeFilm(page, show) {
  /** @type {Buffer[]} */
  const frames = [];
  /** @type {number[]} */
  const delays = [];
  const shoot = async (/** @type {number} */ delayMs) => {
    frames.push(
      await sharp(await page.screenshot({ clip: whole }))
        .resize(960)
        .png()
        .toBuffer(),
    );
    delays.push(delayMs);
  };
  await show("", ".band-title", /input/);
  await page.click("#clear");
  await page.waitForTimeout(500);
  await drawSeven(page, () => shoot(90));
  await shoot(1200);
  // The address holds what was drawn.
  await page.waitForFunction(() => location.hash.includes("input=drawing"));
  const drawn = await page.evaluate(() => encodeURIComponent(new URLSearchParams(location.hash.slice(1)).get("input") ?? ""));
  const go = (/** @type {string} */ hash, /** @type {string} */ selector, /** @type {RegExp} */ text) =>
    show(`${hash}&input=${drawn}`, selector, text);
  await go("view=layer&layer=conv_1", ".side .facts", /silent channels/);
  await shoot(1500);
  await go("view=channel&layer=conv_1&channel=8", ".side .kernels", /kernel/i);
  await shoot(1500);
  for (let x = 8; x < 20; x += 2) {
    await go(`view=pixel&layer=conv_1&channel=8&pixel=5,${x}`, ".side h2", new RegExp(`x ${x}\\b`));
    await shoot(x === 18 ? 1500 : 250);
  }
  await go("explain=grad-cam", ".why-detail", /Grad-CAM/);
  await shoot(2500);
  const film = await sharp(frames, { join: { animated: true } })
    .webp({ delay: delays, loop: 0, quality: 62, effort: 6, minSize: true })
    .toFile(join(docs, "convcam.webp"));
  console.log(`docs/convcam.webp: ${frames.length} frames, ${film.size.toLocaleString("en")} bytes`);
}

/** @param {Page} page @param {() => Promise<void>} afterEach called while the digit grows */
async function drawSeven(page, afterEach) {
  const pad = await page.locator("#pad").boundingBox();
  if (!pad) throw new Error("There is no drawing pad on the page.");
  const corners = [
    [0.25, 0.22],
    [0.75, 0.22],
    [0.42, 0.82],
  ];
  const at = (/** @type {number[]} */ [x = 0, y = 0]) => /** @type {const} */ ([pad.x + x * pad.width, pad.y + y * pad.height]);
  await page.mouse.move(...at(corners[0] ?? []));
  await page.mouse.down();
  for (const [i, to] of corners.entries()) {
    const from = corners[i - 1];
    if (!from) continue;
    for (let step = 1; step <= 6; step++) {
      await page.mouse.move(...at([0, 1].map((axis) => (from[axis] ?? 0) + (((to[axis] ?? 0) - (from[axis] ?? 0)) * step) / 6)));
      await page.waitForTimeout(250);
      await afterEach();
    }
  }
  await page.mouse.up();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
}
