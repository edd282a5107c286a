// What the page of learning says and offers in each of its modes, and what becomes of a choice that is made in them.
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
