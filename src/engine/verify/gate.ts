// What a gate does to a value, in float64: the one operator that models have and ONNX has not.
import type { NdArray } from "../../reference/array.ts";
import { UnsupportedError } from "../errors.ts";
import { AttributeReader } from "../graph/attributes.ts";
import type { Node } from "../graph/graph.ts";
import { denseStrides, normalizeAxis, sizeOf } from "../shapes.ts";

/** y = x · scale + shift by channel, as far as a mask says so. */
export function evaluateGate(node: Node, [x, scale, shift, mask]: readonly (NdArray | undefined)[]): NdArray {
  if (!x || !scale || !shift) throw new UnsupportedError(`Gate '${node.name}': what it changes by is not known.`);
  const { shape } = x;
  const attributes = new AttributeReader(node);
  const axis = shape.length > 0 ? normalizeAxis(attributes.number("axis"), shape.length) : 0;
  const batch = attributes.number("batch");
  const strides = denseStrides(shape);
  const places = shape.map((_, at) => at).filter((at) => at !== axis && at !== batch);
  const maskStrides = denseStrides(places.map((at) => shape[at] as number));
  const along = (i: number, at: number) => Math.floor(i / (strides[at] as number)) % (shape[at] as number);
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const value = x.data[i] as number;
    const channel = shape.length > 0 ? along(i, axis) : 0;
    const by = scale.data[channel] as number;
    const to = shift.data[channel] as number;
    // What is switched off is off, also where it is infinite.
    const gated = by === 0 ? to : value * by + to;
    const share = mask ? (mask.data[places.reduce((sum, at, k) => sum + along(i, at) * (maskStrides[k] as number), 0)] as number) : 1;
    return share === 1 ? gated : share === 0 ? value : value + share * (gated - value);
  });
  return { ...x, data };
}
