// Where a Clip cuts numbers off, and numbers that are constants of one element.
import { largestFloat, type Tensor } from "../tensor.ts";
import type { Node } from "./graph.ts";

type Constants = ReadonlyMap<string, Tensor>;

/** A constant of one element. */
export function numberOf(constants: Constants, value = ""): number | undefined {
  const tensor = constants.get(value);
  return tensor?.size === 1 ? tensor.toNumbers()[0] : undefined;
}

/** By inputs, or before opset 11 by attributes; `undefined` where a bound is computed. Where bounds cross, the upper one wins. */
export function clipBounds({ inputs, attributes }: Node, constants: Constants): readonly [low: number, high: number] | undefined {
  const bound = (index: number, name: string, fallback: number) =>
    inputs[index] ? numberOf(constants, inputs[index]) : Number(attributes.get(name) ?? fallback);
  const [low, high] = [bound(1, "min", -largestFloat), bound(2, "max", largestFloat)];
  return low === undefined || high === undefined ? undefined : [Math.min(low, high), high];
}
