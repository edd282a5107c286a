// A MatMul and the Add of a bias behind it as one product, as Gemm has them: its kernels add while they write.
import { fusedDomain, type Node } from "../../graph/graph.ts";
import { isFloat } from "../../tensor.ts";
import { fits, type Place } from "./pattern.ts";

/** Puts one node in the place of a product with a known matrix and of the sum with a row behind it. @returns whether the node is that sum */
export function fuseProduct(place: Place, node: Node): boolean {
  const { edit, graph } = place;
  if (node.operator !== "Add" || node.domain !== "") return false;
  for (const [value = "", bias = ""] of [node.inputs, [...node.inputs].reverse()]) {
    const product = edit.producer(value);
    if (product?.operator !== "MatMul" || product.domain !== "" || edit.soleReader(value) !== node) continue;
    const [a = "", b = ""] = product.inputs;
    const [left, right] = [graph.types.get(a), graph.types.get(b)];
    const isKnown = edit.initializers.has(b) || graph.prepared?.has(b);
    if (!isKnown || !left || right?.shape.length !== 2 || left.shape.length < 2 || !isFloat(left.dtype)) continue;
    const row = [...left.shape.slice(0, -1).map(() => 1), right.shape[1] as number];
    if (!fits(place, bias, { dtype: left.dtype, shape: row })) continue;
    edit.drop(product.name);
    edit.replace(node.name, { operator: "Gemm", domain: fusedDomain, inputs: [a, b, bias] });
    return true;
  }
  return false;
}
