// Typed attributes: kinds, defaults, and the record of what nobody read.
import { expect, test } from "vitest";
import { ModelError } from "../../src/engine/errors.ts";
import { AttributeReader } from "../../src/engine/graph/attributes.ts";
import type { AttributeValue } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";

const tensor = Tensor.int64([1], [7]);
const reader = (attributes: Record<string, AttributeValue>) =>
  new AttributeReader({ attributes: new Map(Object.entries(attributes)), name: "conv1", operator: "Conv" });

test("each kind is read as itself", () => {
  const all = reader({ group: 2, auto_pad: "VALID", pads: [1, 2], value: tensor, keepdims: 0, empty: [] });
  expect(all.number("group")).toBe(2);
  expect(all.string("auto_pad")).toBe("VALID");
  expect(all.numbers("pads")).toEqual([1, 2]);
  expect(all.numbers("empty")).toEqual([]);
  expect(all.tensor("value")).toBe(tensor);
  expect(all.flag("keepdims", true)).toBe(false);
  expect(all.unread).toEqual([]);
});

test("what is absent takes the default", () => {
  const none = reader({});
  expect(none.number("group", 1)).toBe(1);
  expect(none.string("auto_pad", "NOTSET")).toBe("NOTSET");
  expect(none.numbers("pads", [0])).toEqual([0]);
  expect(none.numbers("pads")).toBeUndefined();
  expect(none.tensor("value")).toBeUndefined();
  expect(none.flag("keepdims", true)).toBe(true);
  expect(none.has("group")).toBe(false);
});

test("what nobody reads stays on the list; asking whether it is there is not reading", () => {
  const some = reader({ group: 1, layout: "NHWC", alpha: 1 });
  some.number("group");
  some.has("layout");
  expect(some.unread).toEqual(["layout", "alpha"]);
  some.ignore("alpha", "not there");
  expect(some.unread).toEqual(["layout"]);
});

test.each<{ why: string; read: () => unknown; message: string }>([
  { why: "a string for a number", read: () => reader({ group: "2" }).number("group"), message: "attribute 'group' must be a number" },
  { why: "a number for a string", read: () => reader({ mode: 1 }).string("mode"), message: "attribute 'mode' must be a string" },
  { why: "a number for a list", read: () => reader({ pads: 1 }).numbers("pads"), message: "attribute 'pads' must be a list of numbers" },
  {
    why: "strings for numbers",
    read: () => reader({ pads: ["1"] }).numbers("pads"),
    message: "attribute 'pads' must be a list of numbers",
  },
  { why: "a list for a tensor", read: () => reader({ value: [1] }).tensor("value"), message: "attribute 'value' must be a tensor" },
  { why: "nothing where something must be", read: () => reader({}).number("axis"), message: "attribute 'axis' is required" },
])("$why is refused, with node and operator", ({ read, message }) => {
  expect(read).toThrow(ModelError);
  expect(read).toThrow(`Conv 'conv1': ${message}`);
});
