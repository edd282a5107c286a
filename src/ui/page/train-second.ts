// The second network beside one that learns on its page: what it is, what both are called, and what it learns by. Pure.
import { type OptimizerName, usualRates } from "../../engine/gradient/training/usual-rates.ts";
import type { ConvCam } from "../element.ts";
import { type Choices, options } from "./train-choices.ts";

export interface Second {
  readonly compare: ConvCam["compare"];
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
  if (second === "seed") {
    const other = Number(seed) + 1;
    const names = own === `blank:${seed}` ? `weights of seed ${seed} | of seed ${other}` : `its own weights | weights of seed ${other}`;
    return { compare: `blank:${other}`, names, rival: "seed" };
  }
  if (second === "slower" || second === "faster") {
    const rate = usualRates[optimizer as OptimizerName];
    const other = Number((rate * (second === "slower" ? 0.1 : 10)).toPrecision(6));
    // The first has the rate that its slider says.
    return { compare: own, names: `first | second, rate ${other}`, rival: `rate:${other}` };
  }
  if (second === "optimizer") {
    const other = optimizer === "adam" ? "sgd" : "adam";
    const nameOf = (one: string) => options.optimizer?.[one] ?? one;
    return { compare: own, names: `${nameOf(optimizer)} | ${nameOf(other)}`, rival: `optimizer:${other}` };
  }
  if (data === "road" && twin === "colors") return { compare: "branches:steering_+throttle_", names: "steering | throttle" };
  return { compare: `blank:${seed}`, names: "learning | blank twin" };
}
