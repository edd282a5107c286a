// What must not be in the repository: addresses of one machine or one registry.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0").filter(Boolean);
const isText = (path: string): boolean => !/\.(onnx|png|jpg|webp|ico|bin|gz|woff2?)$/.test(path);

/** Built from pieces, so that this file does not find itself. */
const forbidden: readonly (readonly [why: string, pattern: RegExp])[] = [
  ["an absolute path of one machine", new RegExp(String.raw`(^|[\s"'\`(=:])/(${["work", "home", "root", "Users"].join("|")})/\w`, "m")],
  ["a package registry's host", new RegExp(["registry", "npmjs"].join(String.raw`\.`), "i")],
  ["where a package was downloaded from", new RegExp(`"${["res", "olved"].join("")}": "http`)],
];

test.each(forbidden)("no file names %s", (_why, pattern) => {
  const offenders = tracked.filter(isText).flatMap((path) => {
    let text: string;
    try {
      text = readFileSync(root + path, "utf8");
    } catch {
      return []; // deleted, not yet committed
    }
    const match = pattern.exec(text);
    return match ? [`${path}: ${match[0].trim()}`] : [];
  });
  expect(offenders).toEqual([]);
});

test("what the README names under models/ and docs/ is there", () => {
  const readme = readFileSync(`${root}README.md`, "utf8");
  const named = [...readme.matchAll(/\b(?:models|docs)\/[\w./-]*\w/g)].map(([path]) => path);
  expect(named).toContain("models/digit.png");
  expect(named.filter((path) => !existsSync(root + path))).toEqual([]);
});

test("pictures in the README's examples are there, or are plainly the reader's own", () => {
  const readme = readFileSync(`${root}README.md`, "utf8");
  const pictures = [...readme.matchAll(/(?<=onnx |input=")[\w./-]+\.(?:png|jpg)/g)].map(([path]) => path);
  expect(new Set(pictures)).toEqual(new Set(["models/digit.png", "cat.jpg"]));
});
