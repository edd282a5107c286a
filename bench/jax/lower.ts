// A Graph as calls of jax-js, for what the bench differentiates: convolutions, pools, activations, a dense layer, sums and joins.
import { UnsupportedError } from "../../src/engine/errors.ts";
import { AttributeReader } from "../../src/engine/graph/attributes.ts";
import type { Node, TypedGraph } from "../../src/engine/graph/graph.ts";
import { resolveWindow } from "../../src/engine/window.ts";
import type { Jax, JaxArray } from "./jax.ts";

/** Of the values that a node reads, constants included, in its order. jax-js counts references: each use of an array takes one. */
type Compute = (operands: readonly JaxArray[]) => JaxArray;

export type Constants = ReadonlyMap<string, JaxArray>;

/** The constants of floats that nodes read. They are kept until the page ends. */
export function constantsOf(jax: Jax, graph: TypedGraph): Constants {
  const constants = new Map<string, JaxArray>();
  for (const name of new Set(graph.nodes.flatMap(({ inputs }) => inputs))) {
    const tensor = graph.initializers.get(name);
    if (tensor?.dtype === "float32") constants.set(name, jax.numpy.array(tensor.toFloat32()).reshape([...tensor.shape]));
  }
  return constants;
}

/** Computes a value of the graph from its first input, and from other constants where they are given. */
export function lowerGraph(jax: Jax, graph: TypedGraph, value: string, constants: Constants): (x: JaxArray, given?: Constants) => JaxArray {
  // What comes after it, such as a last Softmax, is not asked for.
  const last = graph.nodes.findIndex(({ outputs }) => outputs[0] === value);
  const steps = graph.nodes.slice(0, last + 1).map((node) => ({ node, compute: lowerNode(jax, graph, node) }));
  const [input] = graph.inputs;
  return (x, given = new Map()) => {
    const values = new Map([[input?.name ?? "", x], ...constants, ...given]);
    for (const { node, compute } of steps) {
      const [output = ""] = node.outputs;
      values.set(output, compute(node.inputs.flatMap((name) => values.get(name)?.ref ?? [])));
      if (output === value) break;
    }
    return values.get(value) as JaxArray;
  };
}

function lowerNode(jax: Jax, graph: TypedGraph, node: Node): Compute {
  const { lax, nn, numpy } = jax;
  const attributes = new AttributeReader(node);
  const shapeOf = (index: number): readonly number[] => graph.types.get(node.inputs[index] ?? "")?.shape ?? [];
  const outputShape = [...(graph.types.get(node.outputs[0] ?? "")?.shape ?? [])];
  const window = (kernel: readonly number[]) => {
    const { strides, dilations, padsBegin, padsEnd } = resolveWindow(shapeOf(0).slice(2), {
      kernel,
      strides: attributes.numbers("strides"),
      dilations: attributes.numbers("dilations"),
      pads: attributes.numbers("pads"),
      autoPad: attributes.string("auto_pad", "NOTSET"),
    });
    return {
      strides: [...strides],
      dilations: [...dilations],
      pads: padsBegin.map((begin, i): [number, number] => [begin, padsEnd[i] ?? 0]),
    };
  };
  const operand = (operands: readonly JaxArray[], index: number) => operands[index] as JaxArray;
  const operators: Readonly<Record<string, () => Compute>> = {
    Conv: () => {
      const { strides, dilations, pads } = window(shapeOf(1).slice(2));
      const featureGroupCount = attributes.number("group", 1);
      return (given) => {
        const sums = lax.convGeneralDilated(operand(given, 0), operand(given, 1), strides, pads, {
          rhsDilation: dilations,
          featureGroupCount,
        });
        return given[2] ? sums.add(given[2].reshape([1, -1, ...strides.map(() => 1)])) : sums;
      };
    },
    MaxPool: () => {
      const kernel = attributes.numbers("kernel_shape") ?? [];
      const { strides, pads } = window(kernel);
      const isPadded = pads.flat().some((pad) => pad > 0);
      // jax-js pads with zeros, which do behind an activation that is never negative.
      const isPositive = graph.nodes.find(({ outputs }) => outputs[0] === node.inputs[0])?.operator === "Relu";
      if (isPadded && !isPositive) throw new UnsupportedError(`MaxPool '${node.name}': padding other than with zeros is not in jax-js`);
      const padded = (x: JaxArray) => (isPadded ? numpy.pad(x, [[0, 0], [0, 0], ...pads]) : x);
      return (given) => lax.reduceWindow(padded(operand(given, 0)), (part) => numpy.max(part), [1, 1, ...kernel], [1, 1, ...strides]);
    },
    GlobalAveragePool: () => (given) => numpy.mean(operand(given, 0), [2, 3], { keepdims: true }),
    Relu: () => (given) => nn.relu(operand(given, 0)),
    Clip: () => {
      const bound = (name: string, index: number) =>
        attributes.has(name) ? attributes.number(name) : graph.initializers.get(node.inputs[index] ?? "")?.toNumbers()[0];
      const [low, high] = [bound("min", 1), bound("max", 2)];
      return (given) => numpy.clip(operand(given, 0), low, high);
    },
    Add: () => (given) => operand(given, 0).add(operand(given, 1)),
    Concat: () => (given) => numpy.concatenate([...given], attributes.number("axis")),
    Flatten: () => (given) => operand(given, 0).reshape(outputShape),
    Reshape: () => (given) => operand(given, 0).reshape(outputShape),
    Gemm: () => {
      if (attributes.number("transA", 0) || attributes.number("alpha", 1) !== 1)
        throw new UnsupportedError(`Gemm '${node.name}': not lowered`);
      const isTurned = attributes.flag("transB", false);
      return (given) => {
        const product = numpy.matmul(operand(given, 0), isTurned ? numpy.transpose(operand(given, 1)) : operand(given, 1));
        return given[2] ? product.add(given[2]) : product;
      };
    },
  };
  const lower = Object.hasOwn(operators, node.operator) ? operators[node.operator] : undefined;
  if (!lower) throw new UnsupportedError(`${node.operator} '${node.name}' is not lowered to jax-js`);
  return lower();
}
