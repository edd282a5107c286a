// Workgroup counts for kernels whose invocations are numbered in one line.

/** WebGPU's guaranteed limit of workgroups along one dimension. */
const maxWorkgroups = 65535;

/**
 * Enough workgroups for `invocations`, folded into two dimensions. The shader recovers its number as
 * `id.x + id.y * num_workgroups.x * workgroupSize` and must guard against the excess.
 */
export function flatWorkgroups(invocations: number, workgroupSize: number): [number, number, number] {
  const count = Math.max(1, Math.ceil(invocations / workgroupSize));
  const y = Math.ceil(count / maxWorkgroups);
  return [Math.ceil(count / y), y, 1];
}
