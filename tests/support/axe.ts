// What axe has to say against a page. Its script comes once into a document, for parsing it takes longer than most of its rules, and of
// what it finds in order it makes no list.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { Result, RunOptions } from "axe-core";

const script = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * @param part selector of where to look; everywhere if absent
 * @returns the rules that are broken, in the page and in frames of its own origin
 */
export async function violations(page: Page, options: RunOptions, part?: string): Promise<readonly Result[]> {
  const source = await script;
  // A frame that loads when it comes near the window has no address yet, and nothing to look at.
  const frames = page.frames().filter((frame) => frame === page.mainFrame() || frame.url() !== "");
  await Promise.all(
    frames.map(async (frame) => {
      if (!(await frame.evaluate("'axe' in window"))) await frame.evaluate(source);
    }),
  );
  return page.evaluate(
    async ([where, wanted]) => {
      const { axe } = window as unknown as { readonly axe: typeof import("axe-core") };
      return (await axe.run(where ?? document, { ...wanted, resultTypes: ["violations"] })).violations;
    },
    [part, options] as const,
  );
}
