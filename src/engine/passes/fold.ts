// Computes at load what depends on constants alone, within a budget: a small file must not ask for much time or memory.
import type { Graph, Node } from "../graph/graph.ts";
import type { Operation } from "../ops/operator.ts";
import { sizeOf } from "../shapes.ts";
import { bytesPerElement, Tensor } from "../tensor.ts";

/** What every graph may compute and keep, and how much more for each element and byte of its initializers. */
const freeWork = 1 << 22;
const freeBytes = 1 << 25;
const workPerElement = 16;
const bytesPerByte = 3;
/** Elements of one constant. A larger one is left to the GPU, whatever the budget has room for. */
const largestConstant = 1 << 22;
/** Tensors of at most this size are always computed: exporters' shape arithmetic costs next to nothing, and shapes depend on it. */
const alwaysFoldedElements = 64;

/** How much may still be computed at load, in elements visited and in bytes kept. */
export class FoldBudget {
  #work = freeWork;
  #bytes = freeBytes;

  constructor(graph: Graph) {
    for (const { dtype, size } of graph.initializers.values()) {
      this.#work += size * workPerElement;
      this.#bytes += size * bytesPerElement(dtype) * bytesPerByte;
    }
    // A graph that has types was inferred before, and has spent its budget then.
    if ("types" in graph) this.#work = 0;
  }

  /** Takes the cost of computing these outputs. @returns whether the budget has room for it */
  take(operation: Operation, inputs: readonly (Tensor | undefined)[]): boolean {
    const sizes = operation.outputs.map(({ shape }) => sizeOf(shape));
    const largest = Math.max(0, ...sizes, ...inputs.map((tensor) => tensor?.size ?? 0));
    if (largest <= alwaysFoldedElements) return true;
    // Two inputs are usual. A sum of thousands of values goes through each of them, and holds them.
    const work = (largest * Math.max(2, inputs.length)) / 2;
    const bytes = operation.outputs.reduce((sum, { dtype }, i) => sum + (sizes[i] as number) * bytesPerElement(dtype), 0);
    if (Math.max(0, ...sizes) > largestConstant || work > this.#work || bytes > this.#bytes) return false;
    this.#work -= work;
    this.#bytes -= bytes;
    return true;
  }
}

/** The outputs of a node that are known at load, by index; `undefined` if none is. */
export function foldNode(
  node: Node,
  operation: Operation,
  constants: ReadonlyMap<string, Tensor>,
  budget: FoldBudget,
): readonly (Tensor | undefined)[] | undefined {
  if (operation.constantOutputs) return operation.constantOutputs;
  // Nothing has to be computed for outputs without elements, whatever the inputs hold.
  if (operation.outputs.every(({ shape }) => sizeOf(shape) === 0))
    return operation.outputs.map(({ dtype, shape }) => Tensor.filled(dtype, shape, 0));
  if (!operation.evaluate || node.inputs.some((name) => name && !constants.has(name))) return undefined;
  const inputs = node.inputs.map((name) => (name ? constants.get(name) : undefined));
  return budget.take(operation, inputs) ? operation.evaluate(inputs) : undefined;
}
