// Fuses what follows a convolution element by element into its epilogue: first a residual Add, then an activation.
import type { ActivationKind } from "../../shaders/generate/activation.ts";
import { type AttributeValue, consumersOf, fusedDomain, type Graph, type Node, type TypedGraph } from "../graph/graph.ts";
import { sameShape } from "../shapes.ts";
import { isFloat } from "../tensor.ts";
import { type Pass, soleReaders } from "./rewrite.ts";

interface FusedActivation {
  readonly kind: ActivationKind;
  readonly alpha?: number;
  readonly beta?: number;
}

export const fuseEpilogue: Pass = (graph, options): Graph => {
  const reader = soleReaders(graph, options);
  const consumers = consumersOf(graph);
  const isWanted = (name: string) => options.keep.has(name) || graph.outputs.includes(name);
  const replacements = new Map<string, Node>();
  const dropped = new Set<string>();
  /** What a fused node computes can no longer be fused into another. */
  const taken = new Set<string>();

  const fuse = (
    convolution: Node,
    absorbed: readonly Node[],
    last: Node,
    changes: { residual?: string; activation?: FusedActivation },
  ): Node => {
    for (const node of [convolution, ...absorbed]) {
      dropped.add(node.name);
      replacements.delete(node.name);
    }
    taken.add(last.name);
    const [x = "", w = "", bias = "", residual = ""] = convolution.inputs;
    const { kind, alpha = 0, beta = 0 } = changes.activation ?? { kind: "none" };
    const attributes = new Map<string, AttributeValue>([
      ...convolution.attributes,
      ["activation", kind],
      ["activation_alpha", alpha],
      ["activation_beta", beta],
    ]);
    const fused: Node = {
      name: last.name,
      operator: "Conv",
      domain: fusedDomain,
      inputs: [x, w, bias, changes.residual ?? residual],
      outputs: [last.outputs[0] as string],
      attributes,
    };
    replacements.set(last.name, fused);
    return fused;
  };

  for (const node of graph.nodes) {
    if (node.operator !== "Conv" || node.domain !== "") continue;
    let convolution = node;
    const add = reader(node.outputs[0] as string);
    const residual = add && !taken.has(add.name) ? residualOf(graph, add, node.outputs[0] as string) : undefined;
    // Of two convolutions that could take the Add the later one does: the earlier one's value is ready by then.
    const isLeftToOther = residual !== undefined && reader(residual) === add && isLaterConvolution(graph, residual, node);
    if (add && residual && !isLeftToOther) convolution = fuse(convolution, [], add, { residual });
    const output = convolution.outputs[0] as string;
    const next = reader(output);
    const activation = next && !taken.has(next.name) ? activationOf(graph, next) : undefined;
    if (next && activation) {
      fuse(convolution, [], next, { activation });
      continue;
    }
    const silu = isWanted(output) ? undefined : siluOf(consumers.get(output) ?? [], reader, output);
    if (silu) fuse(convolution, [silu.sigmoid], silu.mul, { activation: { kind: "silu" } });
  }
  const nodes = graph.nodes.flatMap((node) => replacements.get(node.name) ?? (dropped.has(node.name) ? [] : [node]));
  return { ...graph, nodes, opsets: new Map([...graph.opsets, [fusedDomain, 1]]) };
};

/** The other operand of an Add (or a Sum of two) of equal shapes. */
function residualOf(graph: TypedGraph, node: Node, output: string): string | undefined {
  if (node.domain !== "" || (node.operator !== "Add" && node.operator !== "Sum") || node.inputs.length !== 2) return undefined;
  const other = (node.inputs[0] === output ? node.inputs[1] : node.inputs[0]) as string;
  const [a, b] = [graph.types.get(output), graph.types.get(other)];
  return a && b && isFloat(b.dtype) && sameShape(a.shape, b.shape) ? other : undefined;
}

/** Whether a convolution after `node` computes `value`. */
function isLaterConvolution(graph: TypedGraph, value: string, node: Node): boolean {
  const producer = graph.nodes.findIndex(({ outputs }) => outputs.includes(value));
  return graph.nodes[producer]?.operator === "Conv" && producer > graph.nodes.indexOf(node);
}

function activationOf(graph: TypedGraph, node: Node): FusedActivation | undefined {
  if (node.domain !== "") return undefined;
  const number = (name: string, fallback: number) => (node.attributes.get(name) as number | undefined) ?? fallback;
  switch (node.operator) {
    case "Relu":
      return { kind: "relu" };
    case "LeakyRelu":
      return { kind: "leakyRelu", alpha: number("alpha", 0.01) };
    case "Sigmoid":
      return { kind: "sigmoid" };
    case "HardSigmoid":
      return { kind: "hardSigmoid", alpha: number("alpha", 0.2), beta: number("beta", 0.5) };
    case "HardSwish":
      return { kind: "hardSwish" };
    case "Clip":
      return clipOf(graph, node, number);
    default:
      return undefined;
  }
}

const largest = 3.4028234663852886e38;

function clipOf(graph: TypedGraph, node: Node, number: (name: string, fallback: number) => number): FusedActivation | undefined {
  const bound = (index: number, name: string, fallback: number): number | undefined => {
    const input = node.inputs[index];
    if (!input) return number(name, fallback);
    return graph.initializers.get(input)?.toNumbers()[0];
  };
  const alpha = bound(1, "min", -largest);
  const beta = bound(2, "max", largest);
  return alpha === undefined || beta === undefined ? undefined : { kind: "clip", alpha, beta };
}

/** x · sigmoid(x), as exporters write SiLU. */
function siluOf(
  readers: readonly Node[],
  reader: (name: string) => Node | undefined,
  output: string,
): { sigmoid: Node; mul: Node } | undefined {
  const sigmoid = readers.find((node) => node.operator === "Sigmoid");
  const mul = readers.find((node) => node.operator === "Mul");
  if (readers.length !== 2 || !sigmoid || !mul || reader(sigmoid.outputs[0] as string) !== mul) return undefined;
  return mul.inputs.includes(output) ? { sigmoid, mul } : undefined;
}
