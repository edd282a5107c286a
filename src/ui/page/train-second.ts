// The second network beside one that learns on its page: what it is, what both are called, and what it learns by. Pure.
import { type OptimizerName, usualRates } from "../../engine/gradient/training/usual-rates.ts";
import type { ConvCam } from "../element.ts";
import type { Choices } from "./train-choices.ts";

export interface Second {
  readonly compare: ConvCam["compare"];
  /** What both are called; empty where the element knows what is another about the second. */
  readonly names: string;
  /** As the attribute `train-rival`. */
  readonly rival?: string;
}

/** The second network, or the other half of the first. @param own what it is where both begin with the same weights */
export function secondOf(
  { data, twin, second, seed, optimizer }: Pick<Choices, "data" | "twin" | "second" | "seed" | "optimizer">,
  own: ConvCam["compare"],
): Second {
  if (twin === "none") return { compare: undefined, names: "" };
  if (second === "seed") return { compare: `blank:${Number(seed) + 1}`, names: "", rival: "seed" };
  if (second === "slower" || second === "faster") {
    const rate = usualRates[optimizer as OptimizerName];
    return { compare: own, names: "", rival: `rate:${Number((rate * (second === "slower" ? 0.1 : 10)).toPrecision(6))}` };
  }
  if (second === "optimizer") return { compare: own, names: "", rival: `optimizer:${optimizer === "adam" ? "sgd" : "adam"}` };
  if (data === "road" && twin === "colors") return { compare: "branches:steering_+throttle_", names: "steering | throttle" };
  return { compare: `blank:${seed}`, names: "learning | blank twin" };
}
