// Work that is done once: parts of the page that are loaded when they are first wanted.
import { expect, test } from "vitest";
import { once } from "../../src/ui/page/once.ts";

test("is done once, with what the first who asks gives, and again only where it has failed", async () => {
  const asked: number[] = [];
  let isOnline = false;
  const load = once(async (number: number) => {
    asked.push(number);
    if (!isOnline) throw new Error("offline");
    return `part ${number}`;
  });
  const both = [load(1), load(2)];
  for (const one of both) await expect(one).rejects.toThrow("offline");
  expect(asked).toEqual([1]);
  isOnline = true;
  expect(await Promise.all([load(3), load(4)])).toEqual(["part 3", "part 3"]);
  expect(asked).toEqual([1, 3]);
});
