// What a measurement is remembered by: everything of a node that decides how fast its kernels are, as a short, stable text.
import type { AttributeValue, Node, TypedGraph } from "../graph/graph.ts";
import { Tensor } from "../tensor.ts";

/**
 * Operator, attributes, and the types of inputs and outputs, such as
 * `Conv{pads=1,1,1,1} 1x64x56x56 64x64x3x3! 64! -> 1x64x56x56`. A "!" marks a constant, or what depends on parameters alone, and "_" an omitted input; elements
 * are float32 where nothing else is said. Names, layouts and what constants hold play no part: nodes with one signature
 * share a measurement. It is a key in stored tables, so a change here forgets them.
 */
export function signatureOf(
  node: Node,
  { types, initializers, prepared }: Pick<TypedGraph, "types" | "initializers" | "prepared">,
): string {
  const operand = (name: string): string => {
    const type = types.get(name);
    if (!type) return "_";
    const dtype = type.dtype === "float32" ? "" : `${type.dtype}:`;
    return `${dtype}${type.shape.join("x") || "scalar"}${initializers.has(name) || prepared?.has(name) ? "!" : ""}`;
  };
  const list = (names: readonly string[]): string =>
    names
      .map(operand)
      .join(" ")
      .replace(/( _)+$/, "");
  const operator = node.domain === "" ? node.operator : `${node.domain}.${node.operator}`;
  const attributes = [...node.attributes]
    .map(([name, value]) => `${name}=${attributeText(value)}`)
    .sort()
    .join(";");
  return `${operator}{${attributes}} ${list(node.inputs)} -> ${list(node.outputs)}`;
}

function attributeText(value: AttributeValue): string {
  if (value instanceof Tensor) return `${value.dtype}:${value.shape.join("x")}`;
  return typeof value === "object" && "subgraph" in value ? value.subgraph : String(value);
}
