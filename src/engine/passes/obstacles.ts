// The obstacles of a graph for a reader: one line per operator instead of one per node, with advice.
// Loaded for graphs that cannot run.
import type { Node } from "../graph/graph.ts";
import type { Inference } from "./infer.ts";

const notSupported = / is not supported\.$/;

const quantised = "The model is quantised: take the float32 model that it was made from.";
const control = "Export it with fixed shapes, or simplify it first, such as with `onnxsim model.onnx simple.onnx`.";
const cut = "Cut the model before it, with onnx.utils.extract_model, or export it without.";

/** What to do about an operator, by its name, or by its domain and any name. */
const advice: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^(com\.microsoft[^:]*)?:((Dynamic)?(Quantize|Dequantize)\w*|(Dynamic)?(Q(Linear|Gemm|Attention)|\w+Integer)\w*)$/, quantised],
  [/^com\.microsoft[^:]*:/, "ONNX Runtime put it there when it optimised the file: take the file from before that."],
  [/^ai\.onnx\.ml:/, "It belongs to classical machine learning, not to a network: run that part elsewhere."],
  [/^:(If|Loop|Scan)$/, control],
  [/^:(NonMaxSuppression|NonZero|Unique|Compress)$/, `How many results it gives depends on the picture. ${cut}`],
  [/^[^:]+:/, "It is no operator of ONNX, but one that somebody added: export the model without it."],
  [/./, cut],
];

/** The same reasons, those of one operator that say the same in one line with the number of nodes. Advice is added where there was none. */
export function explainObstacles({ graph, obstacles }: Pick<Inference, "graph" | "obstacles">): readonly string[] {
  const nodes = new Map<string, Node>();
  for (const node of graph.nodes) nodes.set(`${node.operator} '${node.name}'`, node);
  const groups = new Map<string, { readonly first: string; readonly rest: string; readonly node: Node | undefined; count: number }>();
  for (const obstacle of obstacles) {
    const where = whereOf(obstacle, nodes);
    const rest = obstacle.slice(where.length);
    const node = nodes.get(where);
    // Names of values differ from node to node where the reason is one.
    const key = `${node?.domain}:${node?.operator ?? obstacle}${rest.replace(/'[^']*'/g, "''")}`;
    const group = groups.get(key);
    if (group) group.count++;
    else groups.set(key, { first: where, rest, node, count: 1 });
  }
  return Array.from(groups.values(), ({ first, rest, node, count }) => {
    const name = count === 1 || !node ? first : `${node.operator} (${count} nodes, first '${node.name}')`;
    const isUnknown = node && /^: the operator\b/.test(rest) && notSupported.test(rest);
    return `${name}${rest}${isUnknown ? ` ${adviceFor(node)}` : ""}`;
  });
}

/** The beginning of a reason that names its node. Names may hold any character, so it is looked for and not parsed. */
function whereOf(obstacle: string, nodes: ReadonlyMap<string, Node>): string {
  for (let end = obstacle.indexOf("'", obstacle.indexOf("'") + 1); end > 0; end = obstacle.indexOf("'", end + 1)) {
    const where = obstacle.slice(0, end + 1);
    if (nodes.has(where)) return where;
  }
  return "";
}

function adviceFor({ domain, operator }: Node): string {
  return advice.find(([pattern]) => pattern.test(`${domain}:${operator}`))?.[1] ?? cut;
}
