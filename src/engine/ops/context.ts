// The context in which an operator describes a node: its operands, its attributes, and errors that name the node.

import { fewOf, ModelError, UnsupportedError } from "../errors.ts";
import { AttributeReader } from "../graph/attributes.ts";
import type { Node } from "../graph/graph.ts";
import type { Families } from "./families.ts";
import type { Operand, Operation, Operator, OperatorContext } from "./operator.ts";

export interface Situation {
  /** One per input of the node; `undefined` for those omitted. */
  readonly inputs: readonly (Operand | undefined)[];
  readonly opset: number;
  readonly families: Families;
  /** What the inference that the node is part of has held until now; nothing where absent. */
  readonly heldBytes?: OperatorContext["heldBytes"];
}

/** The context in which an operator describes a node. Its refusals name the node. */
export function createContext(node: Node, { inputs, opset, families, heldBytes = { total: 0 } }: Situation): OperatorContext {
  const where = `${node.operator} '${node.name}'`;
  const context: OperatorContext = {
    where,
    attributes: new AttributeReader(node),
    inputs,
    opset,
    families,
    heldBytes,
    // Names left out at the end ask for nothing.
    outputCount: node.outputs.findLastIndex(Boolean) + 1,
    input: (index) => inputs[index] ?? context.invalid(`input ${index} is missing`),
    constant(index, what) {
      const operand = inputs[index];
      if (!operand) return undefined;
      return (
        operand.constant ??
        context.unsupported(
          `${what} (input '${node.inputs[index]}') must be known at load. Fix it with inputValues, or re-export with constant ${what}`,
        )
      );
    },
    unsupported(message) {
      throw new UnsupportedError(`${where}: ${message.replace(/\.$/, "")}.`);
    },
    invalid(message) {
      throw new ModelError(`${where}: ${message.replace(/\.$/, "")}.`);
    },
  };
  return context;
}

/**
 * What an operator says of a node.
 *
 * @throws ModelError or UnsupportedError that names the node, also for an attribute that the operator did not read
 */
export function describeOperation(operator: Operator, context: OperatorContext): Operation {
  const { attributes, opset, where } = context;
  let operation: Operation;
  try {
    operation = operator.describe(context);
  } catch (error) {
    // Helpers below the operators (windows, broadcasting) do not know which node they serve.
    if (error instanceof ModelError && !error.message.startsWith(where)) return context.invalid(error.message);
    throw error;
  }
  if (attributes.unread.length > 0)
    throw new UnsupportedError(`${where} (opset ${opset}): attribute ${fewOf(attributes.unread)} is not supported. Re-export without it.`);
  return operation;
}
