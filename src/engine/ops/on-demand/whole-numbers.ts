// Operators whose kernels take floats only, for whole numbers: a pass puts other nodes in their place, by default casts before and after them.
import { GraphEdit } from "../../graph/edit.ts";
import type { TypedGraph } from "../../graph/graph.ts";
import { isFloat } from "../../tensor.ts";
import type { Operator, OperatorContext } from "../operator.ts";
import { type Composed, rewrite } from "./composed.ts";

interface Options {
  /** Whether output 0 has the type of input 0. */
  readonly keepsType: boolean;
  /** Other nodes than casts, for cases that have them. */
  readonly instead?: (context: OperatorContext) => Composed["write"] | undefined;
}

/** The operator, also for whole numbers: exactly, or refused. */
export function forWholeNumbers(operator: Operator, { keepsType, instead }: Options): Operator {
  const describe = (context: OperatorContext): Composed => {
    const operand = context.input(0);
    const { dtype } = operand;
    const asFloat = { dtype: "float32" as const, shape: operand.shape };
    const {
      kernels: _,
      outputs,
      ...operation
    } = operator.describe({
      ...context,
      inputs: context.inputs.with(0, asFloat),
      input: (index) => (index === 0 ? asFloat : context.input(index)),
    });
    const write = instead?.(context);
    if (!write && !exactAsFloat.test(dtype))
      return context.unsupported(
        `${dtype} input is not supported, only floating point and whole numbers of at most 16 bits. Cast it first`,
      );
    return {
      ...operation,
      outputs: outputs.map((output, i) => (i === 0 && keepsType ? { ...output, dtype } : output)),
      write:
        write ??
        ((writer, [x = "", ...others], attributes) => {
          const [y = "", ...rest] = writer.nodes(operator.name, [writer.cast(x, "float32"), ...others], attributes, {
            outputs: outputs.length,
          });
          return [keepsType ? writer.cast(y, dtype) : y, ...rest];
        }),
    };
  };
  const pass = (graph: TypedGraph) => {
    const edit = new GraphEdit(graph);
    for (const node of graph.nodes) {
      const type = graph.types.get(node.inputs[0] ?? "");
      if (node.domain === "" && node.operator === operator.name && type && !isFloat(type.dtype)) rewrite(edit, graph, node, describe);
    }
    return edit.graph();
  };
  return {
    ...operator,
    pass,
    describe(context) {
      if (isFloat(context.input(0).dtype)) return operator.describe(context);
      const { write, ...operation } = describe(context);
      return operation;
    },
  };
}

/** Types of which a float of 32 bits holds every number. */
const exactAsFloat = /^(bool|u?int(4|8|16))$/;
