// The number of workgroups of a dispatch, and its grid: WebGPU limits how many there may be along one dimension.

/** What WebGPU guarantees of `maxComputeWorkgroupsPerDimension`. No known GPU offers more. */
export const guaranteedWorkgroups = 65535;

/** Workgroups of `size` invocations each that make at least `invocations`, and at least one. */
export function workgroupCount(invocations: number, size: number): number {
  return Math.max(1, Math.ceil(invocations / size));
}

/**
 * Folds `count` workgroups into a grid of at most `limit` along its first dimension, e.g. 10 with a limit of 7 into 5 × 2.
 *
 * A shader recovers the number of its workgroup as `workgroup_id.x + workgroup_id.y * num_workgroups.x`. The grid may hold a few more
 * than `count`; their invocations must write nothing, or what others write as well.
 */
export function foldWorkgroups(count: number, limit = guaranteedWorkgroups): [number, number, number] {
  const rows = Math.ceil(count / limit);
  return [Math.ceil(count / rows), rows, 1];
}
