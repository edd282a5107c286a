// Networks that the page tests open: small, with something to be guessed.
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

/** A network that subtracts 127.5 from pixels of 0…255 and tells three classes apart, by the mean of each colour. */
export function pixelsNetwork(names: string): number[] {
  const half = Tensor.float32([1], Float32Array.of(127.5));
  const nodes = [op("Sub", "pixels half", "centred"), op("GlobalAveragePool", "centred", "means"), op("Flatten", "means", "scores")];
  const graph = graphOf({ inputs: { pixels: [1, 3, 8, 8] }, constants: { half }, nodes });
  return [...encodeModel({ ...graph, metadata: new Map(names ? [["names", names]] : []) })];
}

/** A network with as many classes as ImageNet, which says nothing of them. */
export function thousandClasses(): number[] {
  const constants = { weight: noise([1000, 3, 1, 1]) };
  const nodes = [op("Conv", "x weight", "maps"), op("GlobalAveragePool", "maps", "means"), op("Flatten", "means", "scores")];
  return [...encodeModel(graphOf({ constants, nodes }))];
}
