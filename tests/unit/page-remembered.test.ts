// What is remembered of a file's preparation: found again for the same file, and no harm where the browser keeps nothing.
import { describe, expect, it } from "vitest";
import { keyOf, type Memory, recall, remember } from "../../src/ui/page/remembered.ts";

function memoryOf(kept = new Map<string, string>()): Memory {
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => void kept.set(key, text),
    removeItem: (key) => void kept.delete(key),
  };
}

const file = { name: "net.onnx", size: 1000 };

describe("keyOf", () => {
  it("tells files apart by name and size, not by their order, and keeps no name", () => {
    const weights = { name: "net.onnx.data", size: 5 };
    expect(keyOf([file, weights])).toBe(keyOf([weights, file]));
    const keys = [[file], [{ ...file, size: 1001 }], [{ ...file, name: "net2.onnx" }], [file, weights]].map((files) => keyOf(files));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.join()).not.toContain("net");
    expect(keyOf([file], "names")).not.toBe(keyOf([file]));
  });
});

describe("recall", () => {
  it("gives back what was remembered, until it is let go", () => {
    const memory = memoryOf();
    const preparation = { scale: 1, mean: [1, 2, 3], fit: "contain" } as const;
    expect(remember(keyOf([file]), preparation, memory)).toBe(true);
    expect(recall(keyOf([file]), memory)).toEqual(preparation);
    expect(remember(keyOf([file]), undefined, memory)).toBe(true);
    expect(recall(keyOf([file]), memory)).toBeUndefined();
  });

  it.each([["{"], ["[]"], ['{"scale":"large"}'], ["null"]])("finds nothing in %s", (text) => {
    expect(recall("key", memoryOf(new Map([["key", text]])))).toBeUndefined();
  });

  it("says so where the browser keeps nothing", () => {
    const full: Memory = {
      ...memoryOf(),
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    };
    expect(remember("key", {}, full)).toBe(false);
  });
});
