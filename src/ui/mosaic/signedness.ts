// Decides from the graph alone whether a value can be negative, and so which kind of colour map it gets. Pure.
import { type Graph, type Node, producersOf } from "../../engine/graph/graph.ts";
import { isSigned, type Tensor } from "../../engine/tensor.ts";

/** Never negative, whatever comes in. */
const alwaysUnsigned = new Set(
  "Relu Sigmoid HardSigmoid Softmax Softplus Abs Exp Sqrt Not And Or Xor Equal Less LessOrEqual Greater GreaterOrEqual IsNaN IsInf Shape Size NonZero ArgMax ArgMin OneHot ReduceL1 ReduceL2 ReduceSumSquare".split(
    " ",
  ),
);

/** Not negative where the first input is not. The others are sizes, axes, slopes and the like. */
const likeFirstInput = new Set(
  "MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool Identity Dropout Flatten Reshape Squeeze Unsqueeze Transpose Slice Split Gather Expand Tile Cast Resize Upsample DepthToSpace SpaceToDepth LRN LeakyRelu PRelu Elu Selu Celu HardSwish Tanh Floor Ceil Round Sign ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd Pow Trilu".split(
    " ",
  ),
);

/** Not negative where no input is. */
const likeEveryInput = new Set("Add Mul Div Sum Mean Min Concat MatMul Gemm Conv ConvTranspose Where".split(" "));

export interface SignednessOptions {
  /** Graph inputs that the caller knows to hold no negative numbers, such as pixels that are not centred. */
  readonly unsignedInputs?: readonly string[];
}

/** Whether `value` may hold negative numbers, as far as its producers tell. */
export function canBeNegative(graph: Graph, value: string, options: SignednessOptions = {}): boolean {
  const producers = producersOf(graph);
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  const known = new Map<string, boolean>();

  const visit = (name: string): boolean => {
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, true);
    const negative = decide(name);
    known.set(name, negative);
    return negative;
  };

  const decide = (name: string): boolean => {
    const constant = graph.initializers.get(name);
    if (constant) return hasNegative(constant);
    const input = inputs.get(name);
    if (input) return isSigned(input.dtype) && !options.unsignedInputs?.includes(name);
    const node = producers.get(name);
    return !node || negativeAfter(node);
  };

  const negativeAfter = (node: Node): boolean => {
    const data = node.inputs.filter(Boolean);
    if (alwaysUnsigned.has(node.operator)) return false;
    if (node.operator === "Clip") return clipsBelowZero(node) && visit(data[0] ?? "");
    if (node.operator === "Max") return data.every(visit);
    if (node.operator === "Pad") return visit(data[0] ?? "") || (node.inputs[2] ? visit(node.inputs[2]) : false);
    if (node.operator === "Where") return data.slice(1).some(visit);
    if (node.operator === "Constant")
      return [...node.attributes.values()].some((value) => value instanceof Object && "dtype" in value && hasNegative(value));
    if (likeFirstInput.has(node.operator)) return visit(data[0] ?? "");
    return !likeEveryInput.has(node.operator) || data.some(visit);
  };

  const clipsBelowZero = (node: Node): boolean => {
    const attribute = node.attributes.get("min");
    if (typeof attribute === "number") return attribute < 0;
    const name = node.inputs[1];
    return !name || visit(name);
  };

  return visit(value);
}

/** Larger constants are weights; nobody's sign hangs on them being all positive. */
const largestInspected = 4096;

function hasNegative(tensor: Tensor): boolean {
  return isSigned(tensor.dtype) && (tensor.size > largestInspected || tensor.toNumbers().some((element) => element < 0));
}
