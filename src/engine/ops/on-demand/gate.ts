// Gate, which a model adds to switch channels of a value off, or to change them: y = x · scale[c] + shift[c], where a mask says so.
import { fusedDomain } from "../../graph/graph.ts";
import { normalizeAxis, type Shape } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { elementWiseDispatch } from "../element-wise-kernel.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";

/** Where the scale is 0 the result is the shift, also for x of infinity or NaN: what is switched off is off. */
const gated = "select(a * b + c, c, b == 0.0)";
/** Where the mask is 0 the bits of x stay, and where it is 1 they are those of the gated value. */
const masked = `select(select(a + d * (${gated} - a), ${gated}, d == 1.0), a, d == 0.0)`;

/**
 * The axes that a mask has: all but the batch and the channels.
 *
 * @param batchAxis -1 where there is none
 */
export function maskAxes(rank: number, channelAxis: number, batchAxis: number): readonly number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== batchAxis && axis !== channelAxis);
}

export default defineOperator("Gate", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const named = context.attributes.number("axis");
  const axis = shape.length > 0 ? normalizeAxis(named, shape.length) : 0;
  const places = maskAxes(shape.length, axis, context.attributes.number("batch"));
  const hasMask = context.inputs[3] !== undefined;
  const expect = (index: number, wanted: Shape) => {
    const { shape: given } = floatInput(context, index);
    if (String(given) !== String(wanted)) context.invalid(`input ${index} is [${given}], expected [${wanted}]`);
  };
  const channels = [shape[axis] ?? 1];
  expect(1, channels);
  expect(2, channels);
  const placeShape = places.map((place) => shape[place] as number);
  if (hasMask) expect(3, placeShape);
  return {
    outputs: [{ dtype, shape }],
    kernels: () => [
      {
        name: "element-wise",
        readsStrided: "any",
        writesStrided: true,
        dispatches([x, scale, shift, mask], [y]) {
          const viewOf = (operand: PlacedOperand, strideOf: (at: number) => number) => ({
            binding: operand,
            offset: operand.offset,
            strides: shape.map((_, at) => strideOf(at)),
          });
          const perChannel = (operand: PlacedOperand) => viewOf(operand, (at) => (at === axis ? (operand.strides[0] as number) : 0));
          const [from, to] = [x as PlacedOperand, y as PlacedOperand];
          const views = [
            { binding: from, offset: from.offset, strides: from.strides },
            perChannel(scale as PlacedOperand),
            perChannel(shift as PlacedOperand),
            ...(mask ? [viewOf(mask, (at) => mask.strides[places.indexOf(at)] ?? 0)] : []),
          ];
          const formula = {
            name: hasMask ? "gate-masked" : "gate",
            expression: hasMask ? masked : gated,
            inputs: views.map(() => "f32" as const),
            output: "f32" as const,
          };
          return [elementWiseDispatch(formula, shape, { binding: to, offset: to.offset, strides: to.strides }, views)];
        },
      },
    ],
  };
});
