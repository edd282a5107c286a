// The built site: how much of it a visitor fetches before a network is chosen. Needs `npm run build`.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const site = fileURLToPath(new URL("../../dist/site/", import.meta.url));

test("the page itself, its scripts and its styles stay below 90 kB, compressed", () => {
  const html = readFileSync(`${site}index.html`, "utf8");
  const named = html.match(/(?<=(src|href)="\.\/)assets\/[^"]+\.(js|css)(?=")/g) ?? [];
  expect(named.length).toBeGreaterThan(1);
  const files = ["index.html", ...new Set(named)];
  const sizes = files.map((file) => gzipSync(readFileSync(site + file)).length);
  expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(90_000);
});
