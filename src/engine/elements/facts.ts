// What a rule is told of a node: its attributes, its operands' types, and the elements of those that are constant.
import { ModelError, UnsupportedError } from "../errors.ts";
import { AttributeReader } from "../graph/attributes.ts";
import type { Node, TypedGraph, ValueType } from "../graph/graph.ts";
import type { Shape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

export interface Facts {
  readonly node: Node;
  readonly attributes: AttributeReader;
  readonly opset: number;
  /** Which of the node's outputs is meant, and its type. */
  readonly outputIndex: number;
  readonly output: ValueType;
  /** `undefined` for inputs that are left out. */
  readonly inputs: readonly (ValueType | undefined)[];
  /** The shape of an input that must be there. */
  shape(input: number): Shape;
  /** The elements of an input, where they are known. */
  constant(input: number): Tensor | undefined;
  /** Numbers that are an attribute in one opset and an input in another; `undefined` where there is neither. */
  list(name: string, input: number): readonly number[] | undefined;
  /** Refuses the node. The message names the case of which nothing is known. */
  unsupported(what: string): never;
}

/** The constants of a graph by name: initializers, and parameters with what they hold. */
export type Constants = (name: string) => Tensor | undefined;

/** @param given what parameters, or other constants, hold now, where that is not what the file says */
export function constantsOf({ initializers, parameters }: TypedGraph, given: ReadonlyMap<string, Tensor> = new Map()): Constants {
  return (name) => given.get(name) ?? parameters?.get(name) ?? initializers.get(name);
}

/** @param output the name of one of the node's outputs */
export function factsOf(graph: TypedGraph, node: Node, output: string, constants: Constants): Facts {
  const where = `${node.operator} '${node.name}'`;
  const typeOf = (name: string): ValueType => {
    const type = constants(name) ?? graph.types.get(name);
    if (!type) throw new ModelError(`${where}: the type of '${name}' is not known.`);
    return type;
  };
  const attributes = new AttributeReader(node);
  const inputs = node.inputs.map((name) => (name === "" ? undefined : typeOf(name)));
  const facts: Facts = {
    node,
    attributes,
    opset: graph.opsets.get(node.domain) ?? 1,
    outputIndex: node.outputs.indexOf(output),
    output: typeOf(output),
    inputs,
    shape: (input) => inputs[input]?.shape ?? facts.unsupported(`without input ${input}`),
    constant: (input) => constants(node.inputs[input] ?? ""),
    list(name, input) {
      if (attributes.has(name)) return attributes.numbers(name);
      if (!inputs[input]) return undefined;
      return facts.constant(input)?.toNumbers() ?? facts.unsupported(`whose ${name} are computed`);
    },
    unsupported(what) {
      throw new UnsupportedError(describeRefusal(where, what));
    },
  };
  return facts;
}

/** @param what the case, such as "whose axes are computed"; empty where no case of the operator is known */
export function describeRefusal(where: string, what = ""): string {
  return `${where}: no formula of one element is known for this operator${what ? ` ${what}` : ""}. Its number and those of its inputs can be shown.`;
}
