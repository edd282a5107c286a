// Puts a new last layer onto a network that tells classes: as many scores as there are classes of one's own, with weights that know nothing yet.
import { ModelError } from "../errors.ts";
import { fillNormal, keyOf } from "../random.ts";
import { sizeOf } from "../shapes.ts";
import { Tensor } from "../tensor.ts";
import { withClassNames } from "./class-names.ts";
import { GraphEdit } from "./edit.ts";
import { type Graph, type Node, producersOf } from "./graph.ts";

export interface NewHead {
  readonly graph: Graph;
  /** Names of the parameters that are new. All others may stay as they are. */
  readonly parameters: readonly string[];
}

/** The axis of a layer's weights that counts its scores, by operator. */
const scoreAxis: Readonly<Record<string, (node: Node, weight: Tensor) => number>> = {
  Gemm: ({ attributes }) => (attributes.get("transB") === 1 ? 0 : 1),
  MatMul: (_, { shape }) => shape.length - 1,
  Conv: () => 0,
};

/**
 * Replaces the layer that a network's first output comes from: a dense one, or a convolution whose maps are averaged. What follows it, such as a bias, a
 * pool or a Softmax, stays. The names of the classes go into the file's metadata.
 *
 * @param seed of the new weights
 * @throws ModelError where the output comes from no such layer
 */
export function withNewHead(graph: Graph, classes: readonly string[], seed = 0): NewHead {
  const elements = constantsOf(graph);
  const [output = ""] = graph.outputs;
  const { node, weight, name, after } = lastLayer(graph, output, elements);
  const axis = (scoreAxis[node.operator] as NonNullable<(typeof scoreAxis)[string]>)(node, weight);
  const before = weight.shape[axis] as number;
  if (weight.dtype !== "float32")
    throw new ModelError(`a new last layer needs weights of float32; those of '${node.name}' are ${weight.dtype}.`);
  const edit = new GraphEdit(graph);
  const parameters: string[] = [];
  const renew = (reader: Node, index: number, old: Tensor, make: (shape: readonly number[]) => Float32Array) => {
    const shape = old.shape.map((extent, i) => (extent === before && (old !== weight || i === axis) ? classes.length : extent));
    const fresh = edit.constant(reader.inputs[index] as string, Tensor.float32(shape, make(shape)));
    parameters.push(fresh);
    const current = edit.node(reader.name) as Node;
    edit.replace(reader.name, { inputs: current.inputs.map((input, i) => (i === index ? fresh : input)) });
  };
  renew(node, node.inputs.indexOf(name), weight, (shape) => {
    const drawn = new Float32Array(sizeOf(shape));
    fillNormal(drawn, Math.sqrt(1 / (sizeOf(shape) / classes.length)), keyOf(name, seed));
    return drawn;
  });
  // A bias, of the layer or of an Add behind it; a Reshape that says how many scores there are.
  for (const reader of [node, ...after])
    for (const [index, input] of reader.inputs.entries()) {
      const old = elements.get(input);
      if (!old || input === name) continue;
      if (old.dtype === "float32" && old.shape.includes(before)) renew(reader, index, old, (shape) => new Float32Array(sizeOf(shape)));
      else if (reader.operator === "Reshape" && old.toNumbers().includes(before)) {
        const shape = Tensor.int64(
          old.shape,
          old.toNumbers().map((extent) => (extent === before ? classes.length : extent)),
        );
        edit.replace(reader.name, { inputs: [reader.inputs[0] as string, edit.constant(input, shape)] });
      }
    }
  return { graph: { ...edit.graph(), metadata: withClassNames(graph.metadata, classes) }, parameters };
}

/** FLOAT, as files write it. */
const float32 = 1;

/** Constants of the file, also those that nodes are, or are made of: weights that are stored in 16 bits are cast first. */
function constantsOf(graph: Graph): ReadonlyMap<string, Tensor> {
  const constants = new Map(graph.initializers);
  for (const { operator, attributes, inputs, outputs } of graph.nodes) {
    const [value, stored] = [attributes.get("value"), constants.get(inputs[0] ?? "")];
    const made =
      (operator === "Constant" && value instanceof Tensor && value) ||
      (operator === "Identity" && stored) ||
      (operator === "Cast" && attributes.get("to") === float32 && stored && Tensor.float32(stored.shape, stored.toFloat32()));
    if (made) constants.set(outputs[0] as string, made);
  }
  return constants;
}

/** Nodes that may stand between the last layer and the scores. */
const passed = new Set(
  "Softmax LogSoftmax Sigmoid Relu Flatten Reshape Squeeze Unsqueeze Identity Dropout Add GlobalAveragePool AveragePool ReduceMean Cast".split(
    " ",
  ),
);

function lastLayer(graph: Graph, output: string, constants: ReadonlyMap<string, Tensor>) {
  const producers = producersOf(graph);
  const after: Node[] = [];
  for (let node = producers.get(output); node; ) {
    const name = node.inputs.slice(1).find((input) => constants.has(input));
    const weight = name === undefined ? undefined : constants.get(name);
    if (Object.hasOwn(scoreAxis, node.operator) && name !== undefined && weight && weight.shape.length > 1)
      return { node, weight, name, after };
    if (!passed.has(node.operator)) break;
    after.push(node);
    // Of an Add the side that is computed.
    node = producers.get(node.inputs.find((input) => !constants.has(input)) ?? "");
  }
  const last = after.at(-1) ?? producers.get(output);
  throw new ModelError(
    `a new last layer needs a network that ends in a dense layer, or in a convolution and a pool; the output '${output}' of this one comes from ${last ? `'${last.name}' (${last.operator})` : "no node"}.`,
  );
}
