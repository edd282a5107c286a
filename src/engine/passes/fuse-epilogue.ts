// Fuses what follows a convolution element by element into its epilogue: first a residual Add, then an activation.
import { type ActivationKind, activationRows } from "../../shaders/activations.ts";
import { clipBounds } from "../graph/clip-bounds.ts";
import { GraphEdit } from "../graph/edit.ts";
import { type AttributeValue, fusedDomain, type Graph, type Node, type TypedGraph } from "../graph/graph.ts";
import type { Pass } from "../graph/pass.ts";
import { sameShape } from "../shapes.ts";
import { isFloat } from "../tensor.ts";

interface FusedActivation {
  readonly kind: ActivationKind;
  readonly alpha?: number;
  readonly beta?: number;
}

export const fuseEpilogue: Pass = (graph, { keep }): Graph => {
  const edit = new GraphEdit(graph, keep);
  const positions = new Map(graph.nodes.map((node, i) => [node.name, i]));
  for (const node of graph.nodes) {
    // A convolution without channels has no sums, so it has no epilogue.
    const hasChannels = graph.types.get(node.inputs[1] ?? "")?.shape[1] !== 0;
    if (node.operator !== "Conv" || node.domain !== "" || !hasChannels) continue;
    fuseActivation(graph, edit, fuseResidual(graph, edit, node, positions) ?? node);
  }
  return edit.graph();
};

/** Fuses a residual Add into the convolution before it. @returns the convolution that replaces both */
function fuseResidual(graph: TypedGraph, edit: GraphEdit, node: Node, positions: ReadonlyMap<string, number>): Node | undefined {
  const [output = ""] = node.outputs;
  const add = edit.soleReader(output);
  const residual = add && residualOf(graph, add, output);
  if (!add || residual === undefined) return undefined;
  // Of two convolutions that could take the Add the later one does: the earlier one's value is ready by then.
  const other = edit.producer(residual);
  const isLater = other?.operator === "Conv" && (positions.get(other.name) as number) > (positions.get(node.name) as number);
  return edit.soleReader(residual) === add && isLater ? undefined : fuse(edit, node, add, { residual });
}

/** Fuses an activation into the convolution before it. */
function fuseActivation(graph: TypedGraph, edit: GraphEdit, convolution: Node): void {
  const [output = ""] = convolution.outputs;
  const next = edit.soleReader(output);
  const activation = next && activationOf(graph, next);
  if (next && activation) fuse(edit, convolution, next, { activation });
}

/** Puts one fused convolution in the place of a convolution and of the node after it, under the name of that. */
function fuse(
  edit: GraphEdit,
  convolution: Node,
  last: Node,
  { residual, activation = { kind: "none" } }: { residual?: string; activation?: FusedActivation },
): Node {
  const [x = "", w = "", bias = "", before = ""] = convolution.inputs;
  edit.drop(convolution.name);
  return edit.replace(last.name, {
    operator: "Conv",
    domain: fusedDomain,
    inputs: [x, w, bias, residual ?? before],
    outputs: [last.outputs[0] as string],
    attributes: new Map<string, AttributeValue>([
      ...convolution.attributes,
      ["activation", activation.kind],
      ["activation_alpha", activation.alpha ?? 0],
      ["activation_beta", activation.beta ?? 0],
    ]),
  });
}

/** The other operand of an Add (or a Sum of two) of equal shapes. */
function residualOf(graph: TypedGraph, node: Node, output: string): string | undefined {
  if (node.domain !== "" || (node.operator !== "Add" && node.operator !== "Sum") || node.inputs.length !== 2) return undefined;
  const other = (node.inputs[0] === output ? node.inputs[1] : node.inputs[0]) as string;
  const [a, b] = [graph.types.get(output), graph.types.get(other)];
  return a && b && isFloat(b.dtype) && sameShape(a.shape, b.shape) ? other : undefined;
}

function activationOf(graph: TypedGraph, node: Node): FusedActivation | undefined {
  if (node.operator === "Clip") {
    const bounds = clipBounds(node, graph.initializers);
    return bounds && { kind: "clip", alpha: bounds[0], beta: bounds[1] };
  }
  const number = (name: string, fallback: number) => (node.attributes.get(name) as number | undefined) ?? fallback;
  const [kind, row] = activationRows.find(([kind, { operator = kind }]) => operator === node.operator) ?? [];
  if (!kind) return undefined;
  const { alpha = 0, beta = 0 } = row?.scalars ?? {};
  return { kind, alpha: number("alpha", alpha), beta: number("beta", beta) };
}
