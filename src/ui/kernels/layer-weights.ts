// Which weights a layer's value is computed with, and how its kernels lie in them. Pure.
import type { Node, TypedGraph } from "../../engine/graph/graph.ts";
import { type Axes, denseStrides, type Shape, sizeOf } from "../../engine/shapes.ts";
import type { LayerSummary } from "../../engine/summary.ts";
import { viewAsMaps } from "../mosaic/maps.ts";
import { kernelRow, sourcesOf } from "./find.ts";
import { attributesOf, viewWeights, type WeightsFacts, type WeightsView } from "./weights.ts";

export interface LayerWeights {
  readonly node: Node;
  /** Name of the weights. */
  readonly weight: string;
  readonly shape: Shape;
  readonly view: WeightsView;
}

type AxesOf = ReadonlyMap<string, Axes>;

/** @returns undefined for a value that is not computed with kernels, one for each of its channels */
export function layerWeights(graph: TypedGraph, rows: readonly LayerSummary[], axes: AxesOf, value: string): LayerWeights | undefined {
  const row = kernelRow(rows, value);
  const node = row && graph.nodes.find(({ name }) => name === row.name);
  const weight = node?.inputs[1] ?? "";
  const shape = graph.types.get(weight)?.shape;
  const view = node && shape && viewWeights({ ...attributesOf(node), shape, maps: mapsRead(graph, rows, axes, node) });
  const { shape: extents = [] } = graph.types.get(value) ?? {};
  const maps = viewAsMaps(extents, denseStrides(extents), 0, 0, axes.get(value));
  return node && shape && view && maps?.channels === view.outputs ? { node, weight, shape, view } : undefined;
}

/** The constant of a file that holds weights: theirs, or, where they are stored in 16 bits, say, the one that they are made of element by element. */
export function storedAs(nodes: readonly Node[], weight: string): string {
  const node = nodes.find(({ outputs }) => outputs[0] === weight);
  const [input = ""] = node?.inputs ?? [];
  return node && ["Cast", "Identity"].includes(node.operator) && input ? storedAs(nodes, input) : weight;
}

/** Of a dense layer whose input was flattened, the maps that it was; undefined where these have their channels last, and weights are of no maps row by row. */
function mapsRead(graph: TypedGraph, rows: readonly LayerSummary[], axes: AxesOf, { operator, inputs }: Node): WeightsFacts["maps"] {
  if (operator !== "Gemm" && operator !== "MatMul") return undefined;
  const sources = sourcesOf(rows, inputs[0] as string, ({ isView }) => isView);
  if (sources.some((name) => (axes.get(name) ?? "nchw") !== "nchw")) return undefined;
  const shapes = sources.map((name) => graph.types.get(name)?.shape ?? []);
  const [, channels = 1, height = 1, width = 1] =
    shapes.find((shape) => shape.length === 4 && shape[0] === 1 && sizeOf(shape.slice(2)) > 1) ?? [];
  return height * width > 1 ? [channels, height, width] : undefined;
}
