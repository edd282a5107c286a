// What is told where something is not read, or does not load: words of our own, and what to do.
import { expect, test } from "vitest";
import { loadPart } from "../../src/engine/errors.ts";
import { unread } from "../../src/ui/unread.ts";

test("numbers that a lost GPU holds: the browser's own words are the cause alone", () => {
  const cause = new DOMException("Failed to execute 'mapAsync' on 'GPUBuffer': Buffer was unmapped.", "AbortError");
  const told = expect.objectContaining({
    ...{ name: "DeviceError", cause },
    message: "What was computed could not be read: the GPU was lost.",
  });
  expect(() => unread(cause)).toThrow(told);
});

test("a part that does not load takes another load of the page: browsers keep what has failed", async () => {
  await expect(loadPart("to drive", () => Promise.reject(new TypeError("Importing a module script failed.")))).rejects.toThrow(
    /^The part of Convcam to drive could not be loaded\. Reload the page when online\. \(Importing a module script failed\.\)$/,
  );
});
