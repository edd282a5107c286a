// The dispatch that makes a storage's border zero again, after another layout lay in the same buffer.
import shader from "../../shaders/zero-border.wgsl";
import { foldWorkgroups, workgroupCount } from "../ops/dispatch.ts";
import type { Storage, Target } from "../ops/operator.ts";
import type { BoundRange, Step } from "./plan.ts";

const wordsPerInvocation = 16;

/**
 * @param elements of the storage, or of the largest that follows in its buffer with the same border
 * @param buffer where it lies, an index into the plan's
 * @param range of the buffer, where it is not alone there
 */
export function zeroBorderStep(
  { label, plane = [1, 1], border }: Storage,
  elements: number,
  buffer: number,
  { range, target = {} }: { readonly range?: BoundRange | undefined; readonly target?: Target } = {},
): Step {
  const { top, left, bottom, right } = border;
  const [rows, columns] = plane;
  const gap = left + right;
  const head = top * columns + left;
  const tail = bottom * columns + right;
  const words = head + (rows - top - bottom - 1) * gap + tail;
  const count = (elements / (rows * columns)) * words;
  return {
    node: label,
    kernel: "zero-border",
    shader,
    constants: {},
    params: { count, border: words, head, gap: Math.max(1, gap), tail, width: columns - gap, plane: rows * columns },
    bindings: { value: buffer },
    ...(range && { ranges: { value: range } }),
    workgroups: foldWorkgroups(workgroupCount(Math.ceil(count / wordsPerInvocation), 64), target.maxWorkgroups),
    macs: 0,
    bytes: count * 4,
  };
}
