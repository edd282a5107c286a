// Loss scaling, for gradients in 16 bits: the loss is multiplied by a scale, so that small gradients are not 0, and the optimiser divides by it. A part
// of the program that is loaded for trainings that scale their loss.
import { fusedDomain } from "../../graph/graph.ts";
import { Tensor } from "../../tensor.ts";
import type { LossScaling } from "../families.ts";
import type { Operator } from "../operator.ts";
import { countCount, operators } from "./operators.ts";

export default operators satisfies Operator[];

/** No gradient of use is so small, and a scale that is too large costs a step each time it has grown. */
const mostScale = 2 ** 24;

/** Writes what scales a loss, and what takes its gradients. */
const scaling: LossScaling = (draft, { initial, every, isFixed }) => {
  const scale = draft.state("loss scale", Tensor.from("float32", [], [initial]));
  // Decays of moments begin as 1.
  const counts = draft.state("loss scale counts", Tensor.from("float32", [countCount], [0, 0, 1, 1]));
  return {
    scaled: (loss) => draft.emit.multiply(loss, scale),
    plain: (gradient) => draft.emit.divide(gradient, scale),
    take(gradients, { rates, parts, parameters, decay, clipNorm, betas }) {
      const sums = gradients.reduce((before, gradient) => draft.emit.own("GradientSquares", [gradient, before], {}), "");
      const attributes = {
        ...{ every, fixed: Number(isFixed), least: Math.min(1, initial), most: Math.max(mostScale, initial) },
        ...{ longest: clipNorm ?? 0, first_decay: betas[0], second_decay: betas[1] },
      };
      const [next = "", nextCounts = "", taking = "", factor = ""] = draft.emit.nodes(
        "LossScale",
        [scale, sums, rates, counts],
        4,
        attributes,
        fusedDomain,
      );
      draft.update(scale, next);
      draft.update(counts, nextCounts);
      return {
        rates: taking,
        scale: next,
        counts: nextCounts,
        // Written where it is read: those of all parameters in 32 bits are not alive at once.
        gradient: (i) => {
          const parameter = parameters[i] as string;
          return draft.emit.own("Unscale", [gradients[i] as string, factor, ...(decay > 0 ? [parameter] : [])], { decay });
        },
        statistic(running, now, keep) {
          const gain = 1 - keep;
          if (parts === 1) return draft.emit.own("Update", [running, taking, now], { kind: "average", keep, gain, waits: 1 });
          const state = draft.state(`pending ${running}`, draft.emit.typeOf(running));
          const pending = draft.emit.own("PendingStatistic", [state, rates, now, running], { kind: "pend", keep, gain });
          draft.update(state, pending);
          return draft.emit.own("Update", [running, taking, pending], { kind: "average", keep: 0, gain: 1, waits: 1 });
        },
      };
    },
  };
};

export const families = { scaling };
