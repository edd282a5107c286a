// Small networks with what PyTorch's autograd says about them in float64: y, and the gradient of sum(seed · y) by x.
// tests/gradient/make_cases.py writes them and says what is in a file.
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Shape, sizeOf } from "../../src/engine/shapes.ts";
import { Tensor } from "../../src/engine/tensor.ts";

export interface GradientCase {
  readonly name: string;
  /** The .onnx file. Its inputs are {@link input} and {@link weights}: `loadModel(device, file, { inputValues: weights })`. */
  readonly file: Uint8Array;
  readonly input: string;
  readonly output: string;
  readonly x: Tensor;
  /** The gradient of the output that is given. */
  readonly seed: Tensor;
  /** The gradient of x that is expected, in the shape of x. */
  readonly gradient: Float32Array;
  /** The output that is expected, in the shape of {@link seed}. */
  readonly y: Float32Array;
  readonly weights: Readonly<Record<string, Tensor>>;
}

/** Numbers in shift ± scale, computed instead of stored. */
interface Numbers {
  readonly seed: number;
  readonly scale: number;
  readonly shift: number;
}

/** float32 elements, little-endian in base64, or how to compute them. */
type Elements = string | Numbers;

interface CaseFile {
  readonly input: string;
  readonly output: string;
  readonly shape: Shape;
  readonly outputShape: Shape;
  readonly x: Elements;
  readonly seed: Elements;
  readonly y: Elements;
  readonly gradient: Elements;
  readonly weights: readonly (Numbers & { readonly name: string; readonly shape: Shape })[];
}

const folder = resolve(import.meta.dirname, "cases");

/** Every case of the folder, sorted by name. */
export function gradientCases(): readonly GradientCase[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => readCase(file.slice(0, -".json".length)));
}

function readCase(name: string): GradientCase {
  const { input, output, shape, outputShape, ...elements } = JSON.parse(readFileSync(resolve(folder, `${name}.json`), "utf8")) as CaseFile;
  return {
    name,
    file: readFileSync(resolve(folder, `${name}.onnx`)),
    input,
    output,
    x: Tensor.float32(shape, decode(elements.x, shape)),
    seed: Tensor.float32(outputShape, decode(elements.seed, outputShape)),
    gradient: decode(elements.gradient, shape),
    y: decode(elements.y, outputShape),
    weights: Object.fromEntries(
      elements.weights.map((weight) => [weight.name, Tensor.float32(weight.shape, decode(weight, weight.shape))]),
    ),
  };
}

function decode(elements: Elements, shape: Shape): Float32Array {
  if (typeof elements !== "string") return numbers(sizeOf(shape), elements);
  return new Tensor("float32", shape, Buffer.from(elements, "base64")).toFloat32();
}

/** Integer hashes of the position, as `numbers` of make_cases.py computes them. */
export function numbers(size: number, { seed, scale, shift }: Numbers): Float32Array {
  const result = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let h = (Math.imul(i, 2654435761) + Math.imul(seed, 40503) + 12345) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 2246822507);
    h = Math.imul(h ^ (h >>> 13), 3266489909);
    h = (h ^ (h >>> 16)) >>> 0;
    result[i] = shift + scale * (h / 0x80000000 - 1);
  }
  return result;
}
