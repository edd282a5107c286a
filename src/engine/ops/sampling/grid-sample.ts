// GridSample, and AffineGrid, which makes grids for it. https://onnx.ai/onnx/operators/onnx__GridSample.html
import gridSampleShader from "../../../shaders/grid-sample.wgsl";
import { sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineComposed } from "../on-demand/composed.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";

/** Until opset 20 the modes had other names. */
const modes = { nearest: 0, linear: 1, bilinear: 1, cubic: 2, bicubic: 2 } as const;
const paddings = ["zeros", "border", "reflection"] as const;

export const gridSample = defineOperator("GridSample", { since: 16 }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const grid = floatInput(context, 1);
  const { attributes } = context;
  const mode = attributes.choice("mode", Object.keys(modes) as (keyof typeof modes)[], "linear");
  const padding = attributes.choice("padding_mode", paddings, "zeros");
  const isAligned = attributes.flag("align_corners", false);
  const [n = 0, channels = 0, ...spatial] = shape;
  const axes = spatial.length;
  if (axes < 2 || axes > 3) context.unsupported(`${axes} spatial axes. Reshape to 2 or 3`);
  if (grid.shape.length !== shape.length || grid.shape[0] !== n || grid.shape.at(-1) !== axes)
    context.invalid(`a grid of shape [${grid.shape}] does not fit an input of shape [${shape}]`);
  if (modes[mode] === 2 && axes === 3) context.unsupported("cubic over 3 axes. Use linear");
  const points = grid.shape.slice(1, -1);
  const output = [n, channels, ...points];
  if (sizeOf(spatial) === 0 && sizeOf(output) > 0) context.invalid(`an input of shape [${shape}] has nothing to sample`);
  const taps = [1, 2, 4][modes[mode]] as number;
  const [width, height, depth = 1] = spatial.toReversed();
  return {
    outputs: [{ dtype, shape: output }],
    nonnegative: () => (modes[mode] === 2 ? undefined : { whereAll: [0] }),
    macs: sizeOf(output) * taps ** axes,
    kernels: () => [
      {
        name: "grid-sample",
        dispatches: ([input, places], [y]) => [
          {
            shader: gridSampleShader,
            constants: { MODE: modes[mode], PADDING: paddings.indexOf(padding) },
            params: {
              count: sizeOf(output),
              points: sizeOf(points),
              channels,
              axes,
              extent: [width as number, height as number, depth],
              align_corners: isAligned ? 1 : 0,
            },
            bindings: { input: input as PlacedOperand, grid: places as PlacedOperand, output: y as PlacedOperand },
            workgroups: workgroupCount(sizeOf(output), 64),
          },
        ],
      },
    ],
  };
});

/** Places along one axis, which are made at load. */
const mostPlaces = 1 << 20;

export const affineGrid = defineComposed("AffineGrid", { since: 20 }, (context) => {
  const theta = floatInput(context, 0);
  const size = context.constant(1, "size")?.toNumbers() ?? context.invalid("a size is required");
  const isAligned = context.attributes.flag("align_corners", false);
  const [n = 0, , ...spatial] = size;
  const axes = spatial.length;
  if ((axes !== 2 && axes !== 3) || size.some((extent) => !(extent >= 0)))
    context.invalid(`the size is [${size}], expected 4 or 5 extents`);
  if (String(theta.shape) !== String([n, axes, axes + 1]))
    context.invalid(`theta has the shape [${theta.shape}], expected [${[n, axes, axes + 1]}]`);
  if (Math.max(...spatial) > mostPlaces) context.unsupported(`a grid of [${spatial}]. Make it at most ${mostPlaces} places along an axis`);
  const placeOf = (i: number, extent: number) => (isAligned ? (extent > 1 ? (2 * i) / (extent - 1) - 1 : 0) : (2 * i + 1) / extent - 1);
  return {
    outputs: [{ dtype: theta.dtype, shape: [n, ...spatial, axes] }],
    write: (writer, [matrix = ""]) => {
      const around = spatial.map(() => 1);
      const column = (k: number) => writer.reshape(writer.slice(matrix, 2, k, k + 1), [n, ...around, axes]);
      // A place's row of the matrix product is a sum with a term for each axis, whose places are a vector. x, the last axis, has the first column.
      return [
        spatial.toReversed().reduce((sum, extent, k) => {
          const places = Float32Array.from({ length: extent }, (_, i) => placeOf(i, extent));
          const along = writer.floats(theta.dtype, [extent, ...around.slice(0, k), 1], places);
          return writer.add(sum, writer.multiply(along, column(k)));
        }, column(axes)),
      ];
    },
  };
});
