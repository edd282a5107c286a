// What a GPU allows of a plan. A command beyond a limit would make WebGPU drop all commands of the same submit, so such a plan is refused.
import { UnsupportedError } from "../errors.ts";
import { guaranteedWorkgroups } from "../ops/dispatch.ts";
import type { Target } from "../ops/operator.ts";
import type { Plan, PlanBuffer, Step } from "./plan.ts";

/**
 * Checks a finished plan against the limits that the target names.
 *
 * @throws UnsupportedError with a reason for every node that is beyond one
 */
export function checkLimits(plan: Plan, target: Target): Plan {
  const reasons = new Map<string, string>();
  for (const step of [...plan.prepare, ...plan.steps]) {
    const excess = reasons.has(step.node) ? undefined : excessOf(step, plan.buffers, target);
    if (excess) reasons.set(step.node, `'${step.node}' (kernel ${step.kernel}): ${excess} Use smaller inputs or another GPU.`);
  }
  const { maxBufferBytes = Number.POSITIVE_INFINITY } = target;
  const isBound = new Set([...plan.prepare, ...plan.steps].flatMap(({ bindings }) => Object.values(bindings)));
  plan.buffers.forEach(({ label, sizeBytes }, i) => {
    if (sizeBytes > maxBufferBytes && !isBound.has(i))
      reasons.set(
        label,
        `'${label}' takes ${sizeBytes} bytes, but this GPU allows ${maxBufferBytes} in one buffer. Use smaller inputs or another GPU.`,
      );
  });
  if (reasons.size > 0) throw new UnsupportedError([...reasons.values()]);
  return plan;
}

/** What is too much of a step, if anything is. */
function excessOf(step: Step, buffers: readonly PlanBuffer[], target: Target): string | undefined {
  const {
    maxWorkgroups = guaranteedWorkgroups,
    maxBindingBytes = Infinity,
    maxBufferBytes = Infinity,
    maxStorageBuffers = Infinity,
  } = target;
  const [x, y] = step.workgroups;
  if (Math.max(x, y) > maxWorkgroups)
    return `takes ${x * y} workgroups, but this GPU allows ${maxWorkgroups} along each of two dimensions.`;
  const bindings = Object.entries(step.bindings);
  if (bindings.length > maxStorageBuffers)
    return `binds ${bindings.length} buffers, but this GPU allows ${maxStorageBuffers} in one dispatch.`;
  for (const [name, index] of bindings) {
    const { label, sizeBytes } = buffers[index] as PlanBuffer;
    const boundBytes = step.ranges?.[name]?.sizeBytes ?? sizeBytes;
    if (boundBytes > maxBindingBytes)
      return `binds ${boundBytes} bytes of '${label}', but this GPU allows a dispatch ${maxBindingBytes} of one buffer.`;
    if (sizeBytes > maxBufferBytes) return `'${label}' takes ${sizeBytes} bytes, but this GPU allows ${maxBufferBytes} in one buffer.`;
  }
  return undefined;
}
