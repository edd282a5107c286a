// Answers what the kernels of a layer are, with the weights that the network computes with now. Loaded when somebody looks at them.
import { ModelError } from "../../engine/errors.ts";
import { sizeOf } from "../../engine/shapes.ts";
import type { LayerSummary } from "../../engine/summary.ts";
import type { Viewer } from "../viewer.ts";
import { sourcesOf } from "./find.ts";
import { layerWeights, storedAs } from "./layer-weights.ts";
import { pickKernels } from "./pick.ts";
import type { Kernels, KernelsQuery } from "./request.ts";

/** Weights that are read back from the GPU, where they are no longer the file's. */
const mostRead = 64e6;

/** @throws ModelError for a value that there is not, and for one without kernels, or without these */
export async function answerKernels(
  { model, axes, imageInputName }: Pick<Viewer, "model" | "axes" | "imageInputName">,
  rows: readonly LayerSummary[],
  { value, input }: KernelsQuery,
): Promise<Kernels> {
  const { graph } = model;
  if (!graph.types.has(value)) throw new ModelError(`kernels: this network has no value '${value}'.`);
  const found = layerWeights(graph, rows, axes, value);
  if (!found) throw new ModelError(`kernels: '${value}' is not computed with kernels of its own.`);
  const { node, weight, shape, view } = found;
  if (typeof input === "number" && !(Number.isInteger(input) && input >= 0 && input < view.inputs))
    throw new ModelError(`kernels: input ${input}: each kernel of '${node.name}' reads ${view.inputs} input channels, counted from 0.`);
  const isPicture = sourcesOf(rows, node.inputs[0] as string, () => true).at(-1) === imageInputName;
  const weights = await weightsOf(model, weight);
  return {
    ...{ node: node.name, operator: node.operator, weight, shape, outputs: view.outputs, inputs: view.inputs },
    isPicture,
    ...pickKernels(weights, view, input, isPicture),
  };
}

/** As the network computes with them. */
async function weightsOf(model: Viewer["model"], name: string): Promise<Float32Array> {
  const { graph } = model;
  const known = model.constant(name);
  if (known) return known.toFloat32();
  const { shape = [] } = graph.types.get(name) ?? {};
  if (sizeOf(shape) > mostRead)
    throw new ModelError(`kernels: '${name}' has ${sizeOf(shape).toLocaleString("en")} weights, too many to read while they change.`);
  const { network } = await model.changeable();
  return (await model.read(storedAs(network.file.nodes, name))).toFloat32();
}
