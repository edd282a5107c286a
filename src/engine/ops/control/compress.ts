// Compress, as a Gather of the places where its condition holds. https://onnx.ai/onnx/operators/onnx__Compress.html
import { normalizeAxis } from "../../shapes.ts";
import type { Expansion } from "./expansion.ts";

export function expandCompress(expansion: Expansion): void {
  const { node, attributes } = expansion;
  const [value = "", condition = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const { shape } = expansion.type(value);
  const given = attributes.has("axis") ? normalizeAxis(attributes.integer("axis"), shape.length) : undefined;
  const extent = given === undefined ? shape.reduce((product, one) => product * one, 1) : (shape[given] as number);
  const flags = expansion.type(condition);
  if (flags.dtype !== "bool" || flags.shape.length !== 1)
    expansion.invalid(`its condition is ${flags.dtype} [${flags.shape}], expected a list of bool`);
  if ((flags.shape[0] as number) > extent)
    expansion.invalid(`its condition has ${flags.shape[0]} elements, and there are ${extent} to choose from`);
  const inOneRow = (from: string, suffix: string) => {
    const to = expansion.fresh(output, suffix);
    expansion.add("Reshape", [from, expansion.integers(expansion.fresh(to, "shape"), -1)], [to]);
    return to;
  };
  const row = given === undefined ? inOneRow(value, "row") : value;
  const places = expansion.fresh(output, "places");
  expansion.add("NonZero", [condition], [places]);
  expansion.add("Gather", [row, inOneRow(places, "indices")], [output], { axis: given ?? 0 });
}
