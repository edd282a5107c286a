// dist/element.js on its own: it ships less of protobuf than the sources import, so it must still read a file and run it.
import { expect, test } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";

for (const place of ["page", "worker"])
  test(`the built element reads a model and answers, its engine on the ${place}`, async ({ page }) => {
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.goto("/tests/element/built.html");
    await page.evaluate(async (name) => {
      await customElements.whenDefined("conv-cam");
      document.getElementById("built")?.toggleAttribute("worker", name === "worker");
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 28;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#fff";
      context.fillRect(12, 4, 3, 20);
      (document.getElementById("built") as ConvCam).input = canvas;
    }, place);
    await expect(page.locator("#built .bars .top .label")).toHaveText("class 1", { timeout: 30_000 });
    await expect(page.locator("#built .panel .name")).toHaveText(["conv_1", "conv_2"]);
    expect(page.workers()).toHaveLength(place === "worker" ? 1 : 0);
    expect(errors).toEqual([]);
  });
