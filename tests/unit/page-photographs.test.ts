// The photographs of the page: small, each with its source, and nothing beside them.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { creditLine, loadPhotograph, photographs } from "../../src/ui/page/photographs.ts";

const folder = fileURLToPath(new URL("../../src/ui/page/photographs/", import.meta.url));
const files = readdirSync(folder).filter((name) => name !== "README.md");
const readme = readFileSync(`${folder}README.md`, "utf8");

test.each(files)("%s is small, and its source is named", (name) => {
  expect(statSync(folder + name).size).toBeLessThan(name.endsWith("-small.jpg") ? 4_000 : 60_000);
  const row = readme.split("\n").find((line) => line.includes(`\`${name.replace("-small", "")}\``));
  expect(row).toMatch(/CC0|public domain/);
});

test("each photograph has a thumbnail, an author and rights, as the README says", () => {
  expect(photographs).toHaveLength(files.length / 2);
  for (const { title, large, author, rights } of photographs) {
    const row = readme
      .split("\n")
      .find((line) => line.includes(`\`${new URL(large, "https://here.example").pathname.split("/").at(-1)}\``));
    expect(row).toContain(author);
    expect(row).toContain(rights);
    expect(creditLine()).toContain(`${title} by ${author} (${rights})`);
  }
});

test("says what to do where a photograph cannot be had", async () => {
  await expect(loadPhotograph({ ...(photographs[0] as (typeof photographs)[number]), large: "nowhere:" })).rejects.toThrow(
    "The photograph “Cat” could not be loaded. Check the connection and choose it again.",
  );
});
