// What a GPU allows of a dispatch. A command beyond a limit would make WebGPU drop all commands of the same submit.
import { UnsupportedError } from "../errors.ts";
import { foldWorkgroups, guaranteedWorkgroups } from "../ops/dispatch.ts";
import type { Target } from "../ops/operator.ts";
import type { Step } from "./plan.ts";

/**
 * The grid of a dispatch of `count` workgroups.
 *
 * @param of names the dispatch in the error: a node and its kernel
 * @throws UnsupportedError where no grid of that many workgroups is allowed
 */
export function gridOf(
  count: number,
  of: Pick<Step, "node" | "kernel">,
  { maxWorkgroups = guaranteedWorkgroups }: Target,
): Step["workgroups"] {
  const grid = foldWorkgroups(count, maxWorkgroups);
  if (grid.every((extent) => extent >= 1 && extent <= maxWorkgroups)) return grid;
  throw new UnsupportedError(
    `'${of.node}' (kernel ${of.kernel}): takes ${count} workgroups, but this GPU allows ${maxWorkgroups} along each of two dimensions. Use smaller inputs.`,
  );
}
