// MaxUnpool, which puts maxima back where they were, and Col2Im, which lays windows over each other. Both are written as other operators.
// https://onnx.ai/onnx/operators/onnx__Col2Im.html
import { denseStrides, sameShape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { resolveWindow } from "../../window.ts";
import { floatInput } from "../checks.ts";
import { defineComposed } from "../on-demand/composed.ts";

export const maxUnpool = defineComposed("MaxUnpool", { since: 9 }, (context) => {
  const x = floatInput(context, 0);
  const places = context.input(1);
  const { attributes } = context;
  const [n = 0, channels = 0, ...spatial] = x.shape;
  const rank = spatial.length;
  const list = (name: string, fallback: number | undefined, count: number) => {
    const values = attributes.integers(name, fallback === undefined ? [] : new Array<number>(count).fill(fallback), 0);
    if (values.length !== count) context.invalid(`${name} [${values}] does not fit ${rank} spatial axes`);
    return values;
  };
  const kernel = list("kernel_shape", undefined, rank);
  const strides = list("strides", 1, rank);
  const pads = list("pads", 0, 2 * rank);
  if (!sameShape(places.shape, x.shape) || places.dtype !== "int64")
    context.invalid(`indices are ${places.dtype} [${places.shape}], expected int64 [${x.shape}]`);
  const given = context.constant(2, "output_shape")?.toNumbers();
  const inferred = spatial.map(
    (extent, i) => (extent - 1) * (strides[i] as number) + (kernel[i] as number) - (pads[i] as number) - (pads[rank + i] as number),
  );
  const shape = given ?? [n, channels, ...inferred];
  if (shape.length !== x.shape.length) context.invalid(`output_shape [${shape}] does not fit an input of shape [${x.shape}]`);
  return {
    outputs: [{ dtype: x.dtype, shape }],
    nonnegative: () => ({ whereAll: [0] }),
    write: (writer, [values = "", indices = ""]) => {
      const blank = writer.constant(Tensor.filled(x.dtype, [sizeOf(shape)], 0));
      const count = sizeOf(x.shape);
      const filled = writer.node("ScatterND", [blank, writer.reshape(indices, [count, 1]), writer.reshape(values, [count])]);
      return [writer.reshape(filled, shape)];
    },
  };
});

/** Numbers of the kernels that lay windows down. */
const mostWeights = 1 << 22;

export const col2Im = defineComposed("Col2Im", { since: 18 }, (context) => {
  const x = floatInput(context, 0);
  const { attributes } = context;
  const image = context.constant(1, "image_shape")?.toNumbers() ?? context.invalid("an image_shape is required");
  const block = context.constant(2, "block_shape")?.toNumbers() ?? context.invalid("a block_shape is required");
  const window = resolveWindow(image, {
    kernel: block,
    strides: attributes.integers("strides"),
    dilations: attributes.integers("dilations"),
    pads: attributes.integers("pads"),
  });
  const { strides, dilations, padsBegin, padsEnd, output: counts } = window;
  const taps = sizeOf(block);
  const [n = 0, rows = 0, columns = 0] = x.shape;
  const channels = rows / taps;
  if (x.shape.length !== 3 || !Number.isInteger(channels) || columns !== sizeOf(counts))
    context.invalid(`an input of shape [${x.shape}] does not fit windows of [${block}] over [${image}], of which there are [${counts}]`);
  if (image.length > 3) context.unsupported(`${image.length} spatial axes. Use 1 to 3`);
  if (rows * taps > mostWeights) context.unsupported(`${rows} rows of windows of ${taps} elements. Use smaller windows`);
  // What remains of an axis behind the last window.
  const rest = image.map((extent, i) => {
    const reach = ((counts[i] as number) - 1) * (strides[i] as number) + ((block[i] as number) - 1) * (dilations[i] as number) + 1;
    return extent + (padsBegin[i] as number) + (padsEnd[i] as number) - reach;
  });
  return {
    outputs: [{ dtype: x.dtype, shape: [n, channels, ...image] }],
    nonnegative: () => ({ whereAll: [0] }),
    macs: sizeOf(x.shape),
    write: (writer, [windows = ""]) => {
      // One kernel for each row: 1 at the place of its tap.
      const ones = new Float32Array(rows * taps);
      const [step = 1] = denseStrides([rows, taps]);
      for (let row = 0; row < rows; row++) ones[row * step + (row % taps)] = 1;
      const weights = writer.floats(x.dtype, [rows, 1, ...block], ones);
      const attributes = { group: channels, strides, dilations, pads: [...padsBegin, ...padsEnd], output_padding: rest };
      return [writer.node("ConvTranspose", [writer.reshape(windows, [n, rows, ...counts]), weights], attributes)];
    },
  };
});
