// What is cut out of the generated protobuf code for the bundle, and what is left.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { dropMethods } from "../../src/engine/onnx/slim-plugin.ts";

const code = readFileSync(createRequire(import.meta.url).resolve("onnx-proto"), "utf8");

test("drops the named methods of every message and nothing else", () => {
  const slim = dropMethods(code, ["verify", "prototype.toJSON"]);
  const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
  expect(count(code, /\.verify = function/g)).toBeGreaterThan(10);
  expect(count(slim, /\.verify = function|\.toJSON = function/g)).toBe(0);
  for (const kept of [/\.decode = function/g, /\.encode = function/g, /\.fromObject = function/g])
    expect(count(slim, kept)).toBe(count(code, kept));
  expect(() => new Function("require", "module", slim)).not.toThrow();
});

test("code in another style is an error, not a larger bundle", () => {
  expect(() => dropMethods("class Message { verify() {} }", ["verify"])).toThrow("found none of the methods verify");
});
