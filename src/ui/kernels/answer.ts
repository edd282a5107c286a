// Answers what the kernels of a layer are, with the weights that the network computes with now. Loaded when somebody looks at them.
import { ModelError } from "../../engine/errors.ts";
import type { Node, TypedGraph } from "../../engine/graph/graph.ts";
import { denseStrides, sizeOf } from "../../engine/shapes.ts";
import type { LayerSummary } from "../../engine/summary.ts";
import { viewAsMaps } from "../mosaic/maps.ts";
import type { Viewer } from "../viewer.ts";
import { kernelRow, sourcesOf } from "./find.ts";
import { pickKernels } from "./pick.ts";
import type { Kernels, KernelsQuery } from "./request.ts";
import { attributesOf, viewWeights, type WeightsFacts } from "./weights.ts";

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
  const row = kernelRow(rows, value);
  const node = row && graph.nodes.find(({ name }) => name === row.name);
  const weight = node?.inputs[1] ?? "";
  const shape = graph.types.get(weight)?.shape;
  const mapsOf = (name: string) => {
    const { shape: extents = [] } = graph.types.get(name) ?? {};
    return viewAsMaps(extents, denseStrides(extents), 0, 0, axes.get(name));
  };
  const view = node && shape && viewWeights({ ...attributesOf(node), shape, maps: mapsRead(graph, rows, axes, node) });
  if (!node || !shape || !view || mapsOf(value)?.channels !== view.outputs)
    throw new ModelError(`kernels: '${value}' is not computed with kernels of its own.`);
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
  return (await model.read(name)).toFloat32();
}

/** Of a dense layer whose input was flattened, the maps that it was; undefined where these have their channels last, and weights are of no maps row by row. */
function mapsRead(
  graph: TypedGraph,
  rows: readonly LayerSummary[],
  axes: Viewer["axes"],
  { operator, inputs }: Node,
): WeightsFacts["maps"] {
  if (operator !== "Gemm" && operator !== "MatMul") return undefined;
  const sources = sourcesOf(rows, inputs[0] as string, ({ isView }) => isView);
  if (sources.some((name) => (axes.get(name) ?? "nchw") !== "nchw")) return undefined;
  const shapes = sources.map((name) => graph.types.get(name)?.shape ?? []);
  const [, channels = 1, height = 1, width = 1] =
    shapes.find((shape) => shape.length === 4 && shape[0] === 1 && sizeOf(shape.slice(2)) > 1) ?? [];
  return height * width > 1 ? [channels, height, width] : undefined;
}
