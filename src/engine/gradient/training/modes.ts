// Nodes that compute otherwise in training than later, and steps in parts. Loaded where there are any.
import { UnsupportedError } from "../../errors.ts";
import type { GraphEdit } from "../../graph/edit.ts";
import { fusedDomain, type Graph, type Node, type TypedGraph } from "../../graph/graph.ts";
import { keyOf } from "../../random.ts";
import { isFloat, Tensor } from "../../tensor.ts";
import type { Draft } from "../draft.ts";
import type { Finish, TrainingPlan } from "./training.ts";

/** Results where the loss is scaled. */
export const [scaleResult, countsResult] = ["loss scale", "loss scale counts"] as const;

/** A running statistic, and what moves it. */
interface Statistic {
  readonly running: string;
  readonly next: string;
  /** How much of it is kept. */
  readonly keep: number;
}

/** The names of running statistics: no gradient changes them. */
export function runningOf({ nodes }: Graph): ReadonlySet<string> {
  const normalizations = nodes.filter(({ operator, domain }) => operator === "BatchNormalization" && domain === "");
  return new Set(normalizations.flatMap(({ inputs }) => inputs.slice(3, 5)));
}

/**
 * Normalizations take the statistics of the batch, unless their scale is frozen; Dropouts drop.
 *
 * @returns what writes the running statistics, and adds the loss scale's results
 */
export function inTrainingMode(
  draft: Draft,
  { nodes, initializers, types }: TypedGraph,
  { isFrozen, seed }: TrainingPlan,
  rates: string,
): Finish {
  const statistics: Statistic[] = [];
  const normalize = (edit: GraphEdit, node: Node): void => {
    const [x = "", scale = "", bias = "", mean = "", variance = ""] = node.inputs;
    const attributes = new Map([...node.attributes].filter(([name]) => name !== "training_mode"));
    if (node.attributes.get("spatial") === 0)
      throw new UnsupportedError(
        `BatchNormalization '${node.name}': with spatial=0 it cannot be trained. Export it with statistics per channel.`,
      );
    if (isFrozen(scale) || initializers.has(mean)) {
      // It keeps its statistics also where the file is in training mode.
      edit.replace(node.name, { outputs: node.outputs.slice(0, 1), attributes });
      return;
    }
    const number = (name: string, usual: number) => Number(node.attributes.get(name) ?? usual);
    const [y = ""] = node.outputs;
    const [nextMean, nextVariance] = [edit.fresh(`${y}/mean`), edit.fresh(`${y}/variance`)];
    edit.replace(node.name, {
      operator: "BatchNormalizationOfBatch",
      domain: fusedDomain,
      inputs: [x, scale, bias],
      outputs: [y, nextMean, nextVariance],
      attributes: new Map([["epsilon", number("epsilon", 1e-5)]]),
    });
    const keep = number("momentum", 0.9);
    statistics.push({ running: mean, next: nextMean, keep }, { running: variance, next: nextVariance, keep });
  };
  const drop = (edit: GraphEdit, node: Node): void => {
    const given = initializers.get(node.inputs[1] ?? "")?.toNumbers()[0] ?? node.attributes.get("ratio");
    const ratio = given === undefined ? 0.5 : Number(given);
    if (ratio === 0 || !isFloat(types.get(node.inputs[0] ?? "")?.dtype ?? "bool")) return;
    const attributes = new Map([
      ["ratio", ratio],
      ["seed", keyOf(node.name, seed)],
    ]);
    edit.replace(node.name, {
      operator: "RandomMask",
      domain: fusedDomain,
      inputs: [node.inputs[0] ?? "", rates],
      outputs: [node.outputs[0] ?? ""],
      attributes,
    });
  };
  draft.rewrite((edit) => {
    for (const node of nodes) {
      if (node.domain !== "") continue;
      if (node.operator === "BatchNormalization") normalize(edit, node);
      if (node.operator === "Dropout") drop(edit, node);
    }
  });
  return (taken, results) => {
    for (const { running, next, keep } of statistics) {
      const average = { kind: "average", keep, gain: 1 - keep };
      draft.update(running, taken?.statistic(running, next, keep) ?? draft.emit.own("Update", [running, rates, next], average));
    }
    if (taken) results.set(scaleResult, taken.scale).set(countsResult, taken.counts);
  };
}

/** One of so many equal parts of a batch. */
export function partOf({ dtype, shape, bytes }: Tensor, part: number, parts: number): Tensor {
  const size = bytes.length / parts;
  return new Tensor(dtype, shape.with(0, (shape[0] as number) / parts), bytes.subarray(part * size, (part + 1) * size));
}

/** The mean over the parts of a step until now. @param like has its type */
export function gathered(
  draft: Draft,
  value: string,
  role: string,
  { like, parts, rates }: { readonly like: string; readonly parts: number; readonly rates: string },
): string {
  const state = draft.state(role, draft.emit.typeOf(like));
  const next = draft.emit.own("Update", [state, rates, value], { kind: "gather", gain: 1 / parts });
  draft.update(state, next);
  return next;
}
