// What is told where a part of the program does not load.
import { expect, test } from "vitest";
import { loadPart } from "../../src/engine/errors.ts";

test("a part that does not load takes another load of the page: browsers keep what has failed", async () => {
  await expect(loadPart("to drive", () => Promise.reject(new TypeError("Importing a module script failed.")))).rejects.toThrow(
    /^The part of Convcam to drive could not be loaded\. Reload the page when online\. \(Importing a module script failed\.\)$/,
  );
});
