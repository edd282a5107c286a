// Those who change together do so at once, or not at all.
import { expect, test } from "vitest";
import { together } from "../../src/engine/together.ts";

test("whoever is ready waits for all others, but not for those that leave", async () => {
  const join = together(3);
  const [a, b, c] = [join(), join(), join()];
  const seen: string[] = [];
  const first = a.ready().then(() => seen.push("a"));
  a.leave();
  c.leave();
  await new Promise((resolve) => setTimeout(resolve));
  expect(seen).toEqual([]);
  await b.ready();
  await first;
  expect(seen).toEqual(["a"]);
});

test("if one fails, nobody changes, also those that are ready later", async () => {
  const join = together(3);
  const [a, b, c] = [join(), join(), join()];
  const early = a.ready();
  b.fail(new Error("cannot be planned"));
  await expect(early).rejects.toThrow("cannot be planned");
  await expect(c.ready()).rejects.toThrow("cannot be planned");
});
