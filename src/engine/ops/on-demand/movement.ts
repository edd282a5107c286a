// The rarer operators that only move elements: Tile, DepthToSpace, SpaceToDepth.
import type { Layout } from "../../plan/plan.ts";
import { moving } from "../movement.ts";
import { defineOperator, type Operation, type OperatorContext } from "../operator.ts";

const tile = defineOperator("Tile", { since: 6 }, (context) => {
  const x = context.input(0);
  const repeats = context.constant(1, "repeats")?.toNumbers() ?? context.invalid("repeats are required");
  // Walk [repeat, extent] pairs: the input ignores the repeats.
  const shape = x.shape.map((extent, i) => extent * (repeats[i] as number));
  return moving(
    [{ dtype: x.dtype, shape }],
    [
      {
        input: 0,
        output: 0,
        shape: x.shape.flatMap((extent, i) => [repeats[i] as number, extent]),
        from: ({ offset, strides }) => ({ offset, strides: strides.flatMap((stride) => [0, stride]) }),
        to: ({ offset, strides }) => ({ offset, strides: strides.flatMap((stride, i) => [stride * (x.shape[i] as number), stride]) }),
      },
    ],
  );
});

/** Moves blocks of `size` × `size` pixels into channels or out of them, as one permutation of six axes. */
function blocks(context: OperatorContext, toSpace: boolean): Operation {
  const x = context.input(0);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const size = context.attributes.number("blocksize");
  const isColumnRow = toSpace && context.attributes.string("mode", "DCR") === "CRD";
  const area = size * size;
  const shape = toSpace ? [n, c / area, h * size, w * size] : [n, c * area, h / size, w / size];
  if (shape.some((e) => !Number.isInteger(e))) return context.invalid(`[${x.shape}] does not divide into blocks of ${size}`);
  const depth = toSpace ? c / area : c;
  const [rows, columns] = toSpace ? [h, w] : [h / size, w / size];
  // The deep side has channels block·depth (or depth·block), the wide side has pixels row·size + block row.
  const [depthStride, blockStride] = isColumnRow ? [area, 1] : [1, depth];
  const deep = ({ offset, strides: [sn = 0, sc = 0, sh = 0, sw = 0] }: Layout) => ({
    offset,
    strides: [sn, sc * depthStride, sh, sc * blockStride * size, sw, sc * blockStride],
  });
  const wide = ({ offset, strides: [sn = 0, sc = 0, sh = 0, sw = 0] }: Layout) => ({
    offset,
    strides: [sn, sc, sh * size, sh, sw * size, sw],
  });
  const move = { input: 0, output: 0, shape: [n, depth, rows, size, columns, size] };
  return moving([{ dtype: x.dtype, shape }], [toSpace ? { ...move, from: deep, to: wide } : { ...move, from: wide, to: deep }]);
}

export default [
  tile,
  defineOperator("DepthToSpace", { since: 1 }, (context) => blocks(context, true)),
  defineOperator("SpaceToDepth", { since: 1 }, (context) => blocks(context, false)),
];
