// Windows of signal processing, and MelWeightMatrix: known once their sizes are. https://onnx.ai/onnx/operators/onnx__HannWindow.html
import { dataTypesByCode } from "../../tensor.ts";
import { computed } from "../on-demand/shapes.ts";
import { defineOperator, type OperatorContext } from "../operator.ts";

/** Numbers of one of them. */
const mostElements = 1 << 20;

/** A sum of cosines: what each is multiplied by. */
const windows: Readonly<Record<string, readonly number[]>> = {
  HannWindow: [0.5, -0.5],
  HammingWindow: [25 / 46, -21 / 46],
  BlackmanWindow: [0.42, -0.5, 0.08],
};

function outputType(context: OperatorContext) {
  const code = context.attributes.integer("output_datatype", 1);
  return dataTypesByCode[code] ?? context.unsupported(`element type ${code}. Use float32`);
}

function scalar(context: OperatorContext, index: number, name: string): number {
  const values = context.constant(index, name)?.toNumbers() ?? [];
  if (values.length !== 1 || !Number.isFinite(values[0])) context.invalid(`${name} must be one number, got [${values}]`);
  return values[0] as number;
}

const window = (name: string, factors: readonly number[]) =>
  defineOperator(name, { since: 17 }, (context) => {
    const size = scalar(context, 0, "size");
    if (!(size >= 0)) context.invalid(`size is ${size}`);
    if (size > mostElements) context.unsupported(`a window of ${size} numbers. Make it at most ${mostElements}`);
    const period = context.attributes.flag("periodic", true) ? size : size - 1;
    // One element has no period, and is 1 cosine at 0.
    const angle = (i: number) => (period > 0 ? (2 * Math.PI * i) / period : 0);
    const valueAt = (i: number) => factors.reduce((sum, factor, k) => sum + factor * Math.cos(k * angle(i)), 0);
    return computed(outputType(context), [size], () => Array.from({ length: size }, (_, i) => valueAt(i)));
  });

/** Triangles over the bins of a spectrum, equally wide as one hears. */
const melWeightMatrix = defineOperator("MelWeightMatrix", { since: 17 }, (context) => {
  const [bins, length, rate, lowest, highest] = ["num_mel_bins", "dft_length", "sample_rate", "lower_edge_hertz", "upper_edge_hertz"].map(
    (name, i) => scalar(context, i, name),
  ) as [number, number, number, number, number];
  const rows = Math.floor(length / 2) + 1;
  if (!(bins >= 0) || !(length > 0) || !(rate > 0)) context.invalid(`${bins} bins of ${length} samples, ${rate} a second`);
  if (rows * bins > mostElements) context.unsupported(`${rows} × ${bins} numbers. Make them at most ${mostElements}`);
  const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
  const step = (mel(highest) - mel(lowest)) / (bins + 2);
  const edges = Array.from({ length: bins + 2 }, (_, i) => {
    const hertz = 700 * (10 ** ((mel(lowest) + i * step) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  });
  return computed(outputType(context), [rows, bins], () => {
    const values = new Float64Array(rows * bins);
    const put = (row: number, bin: number, value: number) => {
      if (row >= 0 && row < rows) values[row * bins + bin] = value;
    };
    for (let bin = 0; bin < bins; bin++) {
      const [low, center, high] = edges.slice(bin, bin + 3) as [number, number, number];
      if (low === center) put(center, bin, 1);
      for (let row = Math.max(0, low); row <= Math.min(center, rows); row++)
        if (low !== center) put(row, bin, (row - low) / (center - low));
      for (let row = Math.max(0, center); row < Math.min(high, rows); row++) put(row, bin, (high - row) / (high - center));
    }
    return values;
  });
});

export default [...Object.entries(windows).map(([name, factors]) => window(name, factors)), melWeightMatrix];
