// Which outputs of a network drive, and what they say. Pure.
import { ModelError } from "../../engine/errors.ts";
import type { DrivingTargets } from "./road-set.ts";
import type { Controls } from "./scene.ts";

/** An output that answers with one number. */
interface DrivingOutput {
  readonly name: string;
  /** Behind a sigmoid: 0…1. */
  readonly isShare: boolean;
}

export type DrivingOutputs = Readonly<Record<keyof Controls, DrivingOutput>>;

/**
 * The two outputs, by their names where these tell, else in their order.
 *
 * @param operatorOf says which operator computes an output
 * @throws ModelError where there are no two
 */
export function drivingOutputs(names: readonly string[], operatorOf: (name: string) => string | undefined): DrivingOutputs {
  const [first, second, third] = names;
  if (first === undefined || second === undefined || third !== undefined)
    throw new ModelError(`the road takes a model with two outputs, steering and throttle; this one has ${names.length}.`);
  const isTurned = /steer|angle/i.test(second) || /throttle|speed/i.test(first);
  const output = (name: string): DrivingOutput => ({ name, isShare: operatorOf(name) === "Sigmoid" });
  return { steering: output(isTurned ? second : first), throttle: output(isTurned ? first : second) };
}

/** What is right, by outputs: behind a sigmoid, 0 is the left and 1 the right. */
export function targetsOf({ steering, throttle }: DrivingTargets, outputs: DrivingOutputs): Readonly<Record<string, Float32Array>> {
  return {
    [outputs.steering.name]: outputs.steering.isShare ? steering.map((one) => (one + 1) / 2) : steering,
    [outputs.throttle.name]: throttle,
  };
}

/** What the outputs say, the inverse of {@link targetsOf}. */
export function controlsOf(answers: Readonly<Record<string, Float32Array>>, { steering, throttle }: DrivingOutputs): DrivingTargets {
  const turned = answers[steering.name] as Float32Array;
  return {
    steering: steering.isShare ? turned.map((one) => 2 * one - 1) : turned,
    throttle: answers[throttle.name] as Float32Array,
  };
}
