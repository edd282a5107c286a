// A constant that is known as whole steps of a scale: its elements are computed when they are asked for, and what can keep the steps finds them.
import type { Shape } from "../../shapes.ts";
import { type DataType, Tensor } from "../../tensor.ts";
import { forEachElement, type Grid } from "./grid.ts";

export class StepTensor extends Tensor {
  readonly steps: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor | undefined;
  readonly grid: Grid;

  constructor(dtype: DataType, shape: Shape, parts: Pick<StepTensor, "steps" | "scale" | "zeroPoint" | "grid">) {
    super(dtype, shape, () => Tensor.from(dtype, shape, elementsOf(parts)).bytes);
    this.steps = parts.steps;
    this.scale = parts.scale;
    this.zeroPoint = parts.zeroPoint;
    this.grid = parts.grid;
  }
}

function elementsOf({ steps, scale, zeroPoint, grid }: Pick<StepTensor, "steps" | "scale" | "zeroPoint" | "grid">): Float32Array {
  const [counts, factors] = [steps.data, scale.toFloat32()];
  const zeros = zeroPoint?.data;
  const result = new Float32Array(counts.length);
  forEachElement(grid, (element, at) => {
    result[element] = (Number(counts[element]) - Number(zeros?.[at] ?? 0)) * (factors[at] as number);
  });
  return result;
}
