// Files stay short enough to be read at one sitting: one that grows beyond that has two jobs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const mostLines = 350;

test.each(["src", "bench", "models", "scripts", "packages/cli/bin"])(`no file of code in %s has more than ${mostLines} lines`, (folder) => {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((path) => /\.(ts|mjs|wgsl)$/.test(path));
  const lengths = files.map(
    (path) =>
      [
        path,
        readFileSync(join(root, folder, path), "utf8")
          .trimEnd()
          .split("\n").length,
      ] as const,
  );
  expect(files.length).toBeGreaterThan(0);
  expect(lengths.filter(([, lines]) => lines > mostLines)).toEqual([]);
});
