// Which of a network's two outputs steers, and what its numbers say.
import { describe, expect, test } from "vitest";
import { controlsOf, drivingOutputs, targetsOf } from "../../src/data-sets/road/outputs.ts";

describe("of two outputs", () => {
  test.each([
    ["steering", "throttle", "steering"],
    ["throttle", "steering", "steering"],
    ["speed", "out", "out"],
    ["out", "Steering_Angle", "Steering_Angle"],
    ["one", "two", "one"],
  ])("'%s' and '%s', '%s' steers", (first, second, expected) => {
    const { steering, throttle } = drivingOutputs([first, second], () => undefined);
    expect(steering.name).toBe(expected);
    expect(new Set([steering.name, throttle.name])).toEqual(new Set([first, second]));
  });

  test("what is learned is what drives, behind a sigmoid, too", () => {
    const controls = { steering: Float32Array.of(-1, -0.5, 1), throttle: Float32Array.of(0, 0.25, 1) };
    for (const operator of ["Sigmoid", "Tanh"]) {
      const outputs = drivingOutputs(["go", "angle"], () => operator);
      const targets = targetsOf(controls, outputs);
      expect(targets["angle"]?.[0]).toBe(operator === "Sigmoid" ? 0 : -1);
      expect(controlsOf(targets, outputs)).toEqual(controls);
    }
  });
});

test.each([[["scores"]], [["a", "b", "c"]], [[]]])("%j are no two outputs", (names) => {
  expect(() => drivingOutputs(names, () => undefined)).toThrow(`with two outputs, steering and throttle; this one has ${names.length}`);
});
