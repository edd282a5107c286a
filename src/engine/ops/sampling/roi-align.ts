// RoiAlign: regions of a map as maps of one size. https://onnx.ai/onnx/operators/onnx__RoiAlign.html
import roiAlignShader from "../../../shaders/roi-align.wgsl";
import { sameShape, sizeOf } from "../../shapes.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";

/** Samples along an axis of a bin. */
const mostSamples = 64;

export const roiAlign = defineOperator("RoiAlign", { since: 10 }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const regions = floatInput(context, 1);
  const batch = context.input(2);
  checkSameType(context, 0, 1);
  const { attributes } = context;
  const isMax = attributes.choice("mode", ["avg", "max"], "avg") === "max";
  const words = ["half_pixel", "output_half_pixel"] as const;
  const isHalf = context.opset >= 16 && attributes.choice("coordinate_transformation_mode", words, "half_pixel") === "half_pixel";
  const rows = attributes.integer("output_height", 1, 1);
  const columns = attributes.integer("output_width", 1, 1);
  const sampling = attributes.integer("sampling_ratio", 0, 0);
  const scale = attributes.number("spatial_scale", 1);
  const [n = 0, channels = 0, height = 0, width = 0] = shape;
  const [count = 0] = regions.shape;
  if (shape.length !== 4) context.invalid(`the input has the shape [${shape}], expected 4 axes`);
  if (!sameShape(regions.shape, [count, 4]) || !sameShape(batch.shape, [count]) || batch.dtype !== "int64")
    context.invalid(`regions [${regions.shape}] and ${batch.dtype} [${batch.shape}], expected [${count}, 4] and int64 [${count}]`);
  if (sampling > mostSamples) context.unsupported(`${sampling} samples along an axis of a bin. Make them at most ${mostSamples}`);
  const output = [count, channels, rows, columns];
  if (sizeOf(shape) === 0 && sizeOf(output) > 0) context.invalid(`an input of shape [${shape}] has nothing to sample`);
  return {
    outputs: [{ dtype, shape: output }],
    nonnegative: () => ({ whereAll: [0] }),
    kernels: () => [
      {
        name: "roi-align",
        dispatches: ([input, corners, pictures], [y]) => [
          {
            shader: roiAlignShader,
            constants: { IS_MAX: isMax ? 1 : 0 },
            params: {
              count: sizeOf(output),
              channels,
              pictures: n,
              sampling,
              input_extent: [height, width],
              output_extent: [rows, columns],
              scale,
              shift: isHalf ? 0.5 : 0,
              least: isHalf ? 0 : 1,
            },
            bindings: {
              input: input as PlacedOperand,
              regions: corners as PlacedOperand,
              batch: pictures as PlacedOperand,
              output: y as PlacedOperand,
            },
            workgroups: workgroupCount(sizeOf(output), 64),
          },
        ],
      },
    ],
  };
});
