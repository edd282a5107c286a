// The bench's cases by name: networks and layers, at any batch size. `resnet18@4` is ResNet-18 on four pictures at once.
import type { BuiltGraph } from "../../models/builder.ts";
import { buildGraph } from "../../models/index.ts";
import { createRandom, uniform } from "../../models/random.ts";
import { ModelError } from "../engine/errors.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { encodeModel } from "../engine/onnx/encode.ts";
import { sameShape, sizeOf } from "../engine/shapes.ts";
import { resolveWindow } from "../engine/window.ts";
import type { Task, TaskInput } from "./engine.ts";
import { buildLayer, layerNames } from "./layers.ts";
import { buildConvnet, trainingOfBatch } from "./learner.ts";
import type { CaseKind } from "./report.ts";

/** The bench's names of networks to those of `models/`. */
const networks: Readonly<Record<string, string>> = {
  tinyvgg: "tiny-vgg",
  mnist: "mnist",
  squeezenet1_1: "squeezenet1_1",
  mobilenetv2: "mobilenetv2",
  resnet18: "resnet18",
  resnet50: "resnet50",
  vgg16_features: "vgg16_features",
  xception: "xception",
  inception_resnet_v2: "inception-resnet-v2",
};

export const networkNames: readonly string[] = Object.keys(networks);

/** What gradients are measured on unless others are named: networks, and a layer of each kind. */
const gradientNames: readonly string[] = [
  ...["squeezenet1_1", "mobilenetv2", "resnet18"],
  ...["conv3x3_56_64", "conv3x3_stride2_56_64_128", "depthwise3x3_112_32", "depthwise3x3_stride2_112_96", "maxpool3x3_stride2_112_64"],
];

/** What learns: a network on 32 examples, where no batch is named, and layers by their weights. */
const learner = "mnist_convnet";
const learnerNames: readonly string[] = [learner, ...layerNames.filter((name) => /^(conv|depthwise)/.test(name))];

export interface BenchCase {
  /** Name, batch size where it is not 1, and " gradient" or " training" for one. */
  readonly name: string;
  readonly kind: CaseKind;
}

/** Cases of one kind from what a user names: "all", a name, here or in `models/`, or either with `@` and a batch size. */
export function namedCases(kind: CaseKind, names: readonly string[]): readonly BenchCase[] {
  const known = { network: networkNames, layer: layerNames, gradient: [...networkNames, ...layerNames], training: learnerNames }[kind];
  const all = { network: known, layer: known, gradient: gradientNames, training: [learner, "conv3x3_56_64"] }[kind];
  const ending = kind === "gradient" || kind === "training" ? ` ${kind}` : "";
  return names.flatMap((given) => {
    const { name, batch } = splitName(given);
    const chosen = name === "all" ? all : [networkNames.find((one) => networks[one] === name) ?? name];
    for (const one of chosen)
      if (!known.includes(one)) throw new ModelError(`the bench has no ${kind} '${one}'. Known: ${known.join(", ")}.`);
    return chosen.map((one) => {
      const count = one === learner && !given.includes("@") ? 32 : batch;
      return { kind, name: `${count === 1 ? one : `${one}@${count}`}${ending}` };
    });
  });
}

/** Builds the case's model; weights and inputs are the same on every machine. */
export function buildTask({ kind, name: full }: BenchCase): Task {
  const { name, batch } = splitName(full.replace(/ (gradient|training)$/, ""));
  if (name === learner) return { ...taskOf(withBatch(buildConvnet(), batch)), training: trainingOfBatch(batch) };
  const network = Object.hasOwn(networks, name) ? networks[name] : undefined;
  const task = taskOf(network ? withBatch(dropIdleCeilMode(buildGraph(network, { seed: 1 })), batch) : buildLayer(name, batch));
  if (kind === "training") return { ...task, gradient: { weight: "w" } };
  return kind === "gradient" ? { ...task, gradient: network ? { class: 7 } : {} } : task;
}

/** ONNX Runtime's JSEP build refuses ceil_mode; where the windows fit anyway it says nothing, and that build can take part. */
function dropIdleCeilMode(graph: BuiltGraph): BuiltGraph {
  const shapeOf = (name = ""): readonly number[] =>
    graph.types.get(name)?.shape ?? graph.inputs.find((input) => input.name === name)?.shape.map(Number) ?? [];
  const nodes = graph.nodes.map((node) => {
    const { ceil_mode: ceilMode, ...attributes } = Object.fromEntries(node.attributes);
    const { kernel_shape: kernel, strides, pads } = attributes as Readonly<Record<string, readonly number[]>>;
    if (ceilMode !== 1 || !kernel) return node;
    const floor = resolveWindow(shapeOf(node.inputs[0]).slice(2), { kernel, strides, pads }).output;
    return sameShape(floor, shapeOf(node.outputs[0]).slice(2)) ? { ...node, attributes: new Map(Object.entries(attributes)) } : node;
  });
  return { ...graph, nodes };
}

/**
 * A task of any graph.
 *
 * @param bytes the file, if there is one: other engines read it as it is
 * @param inputShapes of inputs with symbolic extents; a symbolic batch is 1 unless given
 */
export function taskOf(graph: Graph, bytes?: Uint8Array, inputShapes: Readonly<Record<string, readonly number[]>> = {}): Task {
  const inputs: Record<string, TaskInput> = {};
  for (const { name, dtype, shape } of graph.inputs) {
    if (dtype !== "float32") throw new ModelError(`input '${name}' is ${dtype}; the bench feeds float32 only.`);
    const fixed = (inputShapes[name] ?? shape).map((extent, axis) => {
      if (typeof extent === "number") return extent;
      if (axis === 0) return 1;
      throw new ModelError(
        `input '${name}' has the symbolic shape [${shape.join(", ")}]; the bench needs fixed rows and columns. Re-export it with a fixed size.`,
      );
    });
    const data = uniform(createRandom(2, name), sizeOf(fixed), 1) as Float32Array<ArrayBuffer>;
    inputs[name] = { shape: fixed, data };
  }
  const fixedInputs = graph.inputs.map((input) => ({ ...input, shape: inputs[input.name]?.shape ?? input.shape }));
  const fixedGraph: Graph = { ...graph, inputs: fixedInputs };
  return { bytes: (bytes ?? encodeModel(fixedGraph)) as Uint8Array<ArrayBuffer>, graph: fixedGraph, inputs };
}

function splitName(full: string): { name: string; batch: number } {
  const [name = "", batch = "1"] = full.split("@");
  if (!/^[1-9]\d*$/.test(batch)) throw new ModelError(`'${full}': the batch size after @ must be a whole number, such as ${name}@4.`);
  return { name, batch: Number(batch) };
}

/** The builders' graphs are of one picture; nothing but their inputs' types says so. */
function withBatch({ types: _, ...graph }: BuiltGraph, batch: number): Graph {
  return { ...graph, inputs: graph.inputs.map((input) => ({ ...input, shape: [batch, ...input.shape.slice(1)] })) };
}
