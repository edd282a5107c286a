// Products of matrices as TensorFlow.js calls. Weights behind a picture are turned once, to the order in which its elements lie there.
import * as tf from "@tensorflow/tfjs-core";
import type { Node, TypedGraph } from "../../src/engine/graph/graph.ts";
import { sizeOf } from "../../src/engine/shapes.ts";
import { nhwcShape, type Operand, toNchw } from "./layout.ts";
import type { Compute, Lowering } from "./lowering.ts";

/** The picture that a Flatten or Reshape before the node makes a row of each example's elements. */
export function flattenedShape(graph: TypedGraph, node: Node): readonly number[] | undefined {
  const before = graph.nodes.find(({ outputs }) => outputs[0] === node.inputs[0]);
  const from = graph.types.get(before?.inputs[0] ?? "")?.shape ?? [];
  const to = graph.types.get(before?.outputs[0] ?? "")?.shape ?? [];
  const isFlattened =
    /^(Flatten|Reshape)$/.test(before?.operator ?? "") &&
    from.length === 4 &&
    to.length === 2 &&
    from[0] === to[0] &&
    sizeOf(from.slice(2)) > 1;
  return isFlattened ? nhwcShape(from) : undefined;
}

/** Weights in the order in which a flattened picture comes: rows, columns, channels. */
function denseWeights(make: () => tf.Tensor2D, { flattened, keep }: Lowering): (operand: Operand) => tf.Tensor2D {
  const turn = ([, rows = 1, columns = 1, channels = 1]: readonly number[]) =>
    keep(
      tf.tidy(() => {
        const matrix = make();
        const units = matrix.shape[1];
        return tf.reshape(tf.transpose(tf.reshape(matrix, [channels, rows, columns, units]), [1, 2, 0, 3]), matrix.shape) as tf.Tensor2D;
      }),
    );
  // The other order is made where it comes all the same.
  let turned = flattened && turn(flattened);
  let upright = flattened ? undefined : keep(tf.tidy(make));
  return (operand) => {
    if (operand.flattened) {
      turned ??= turn(operand.flattened);
      return turned;
    }
    upright ??= keep(tf.tidy(make));
    return upright;
  };
}

export function lowerGemm(lowering: Lowering): Compute {
  const { attributes, constant, shapeOf, node, activation, keep, unsupported } = lowering;
  const [alpha, beta] = [attributes.number("alpha", 1), attributes.number("beta", 1)];
  if (attributes.flag("transA", false)) unsupported("transA");
  const { shape, ...weight } = { shape: shapeOf(1), data: constant(1, "B").toFloat32() };
  const isTurned = attributes.flag("transB", false);
  const b = () => {
    const given = tf.tensor2d(weight.data, shape as [number, number]);
    const upright = isTurned ? tf.transpose(given) : given;
    return (alpha === 1 ? upright : tf.mul(upright, alpha)) as tf.Tensor2D;
  };
  const c = node.inputs[2] ? constant(2, "C") : undefined;
  if (c && sizeOf(c.shape) !== shape[isTurned ? 0 : 1]) unsupported("a C that is not one number per unit");
  const bias = c && keep(tf.tidy(() => tf.mul(tf.tensor1d(c.toFloat32()), beta)));
  const weightsFor = denseWeights(b, lowering);
  return ([x]) => {
    const operand = x as Operand;
    const matrix = tf.fused.matMul({
      a: operand.tensor,
      b: weightsFor(operand),
      transposeA: false,
      transposeB: false,
      ...(bias && { bias }),
      ...activation?.fused,
    });
    return { tensor: matrix, isNhwc: false };
  };
}

export function lowerMatMul(lowering: Lowering): Compute {
  const { constant, isConstant, shapeOf } = lowering;
  if (!isConstant(1) || shapeOf(1).length !== 2) return ([a, b]) => ({ tensor: tf.matMul(toNchw(a), toNchw(b)), isNhwc: false });
  const weightsFor = denseWeights(() => tf.tensor2d(constant(1, "B").toFloat32(), shapeOf(1) as [number, number]), lowering);
  return ([x]) => ({ tensor: tf.matMul((x as Operand).tensor, weightsFor(x as Operand)), isNhwc: false });
}
