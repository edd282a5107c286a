// What somebody meets who sees the page for the first time: what is offered works or says why not, and what is said is of what is shown.
import { expect, type Page } from "@playwright/test";
import { test } from "../support/warm-page.ts";
import { openPage } from "./page.ts";

const hash = (page: Page) => page.evaluate(() => location.hash);

for (const [address, target] of [
  ["/", "layers"],
  ["/learn.html", "article"],
  ["/examples.html", "examples"],
  ["/train.html", "learner"],
] as const)
  test(`${address}: the link past the beginning leads the focus there, and leaves the address as it is`, async ({ warmPage: page }) => {
    if (address === "/") await openPage(page, "#view=layer&layer=conv_1");
    else await page.goto(address);
    await page.locator(`#${target}`).waitFor();
    const before = await hash(page);
    await page.locator("a.skip").focus();
    await page.keyboard.press("Enter");
    await expect(page.locator(`#${target}`)).toBeFocused();
    expect(await hash(page)).toBe(before);
    if (address !== "/") return;
    await page.keyboard.press("Tab");
    // The next Tab is inside, and a later change is written without the place.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("layers");
    await page.selectOption("#colors", "gray");
    await expect.poll(() => hash(page)).toBe("#view=layer&layer=conv_1&colors=gray");
  });
