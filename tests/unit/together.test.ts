// Those who change together do so at once, or not at all.
import { expect, test } from "vitest";
import { Together } from "../../src/engine/together.ts";

test("whoever is ready waits for all others, but not for those that leave", async () => {
  const together = new Together(3);
  const [a, b, c] = [together.join(), together.join(), together.join()];
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
  const together = new Together(3);
  const [a, b, c] = [together.join(), together.join(), together.join()];
  const early = a.ready();
  b.fail(new Error("cannot be planned"));
  await expect(early).rejects.toThrow("cannot be planned");
  await expect(c.ready()).rejects.toThrow("cannot be planned");
});
