// Changes what the element's worker finds among its globals.
import type { Page } from "@playwright/test";

/** Runs a script in the worker before the worker's own file. */
export async function patchWorker(page: Page, script: string): Promise<void> {
  await page.route("**/patch.js", (route) => route.fulfill({ contentType: "text/javascript", body: script }));
  // With a query it is another address of the same file, which this route leaves alone.
  await page.route("**/dist/element-worker.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: 'import "/patch.js";\nimport "/dist/element-worker.js?itself";' }),
  );
}
