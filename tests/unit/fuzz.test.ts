// Files damaged by chance: refused with a sentence, or planned. `npm run fuzz` tries many more.
import { describe, expect, test } from "vitest";
import { mutate, randomFrom } from "../fuzz/mutate.ts";
import { seeds } from "../fuzz/seeds.ts";
import { tryFile } from "../fuzz/try-file.ts";

const own = seeds({ isOwn: true });

test.each(own)("$name is planned, or refused for what it lacks", async ({ bytes }) => {
  expect(await tryFile(bytes)).toMatch(/runs|refused/);
});

describe("of 600 damaged files", () => {
  test.each(Array.from({ length: 12 }, (_, i) => i))("fifty of seed %i end in an error of ours or are planned", async (seed) => {
    for (let i = 0; i < 50; i++) {
      const random = randomFrom(seed * 1000 + i);
      const file = own[random(own.length)] as (typeof own)[number];
      const bytes = mutate(
        file.bytes,
        random,
        own.map(({ bytes }) => bytes),
      );
      await tryFile(bytes).catch((error: unknown) => {
        throw new Error(`${file.name}, seed ${seed}, case ${i}`, { cause: error });
      });
    }
  });
});
