// Which nodes the obstacles of a network that cannot run are about.
import type { LayerSummary } from "../../engine/summary.ts";

/**
 * Obstacles begin with their node: "NonZero 'nz': the operator is not supported.", or with the first of several that say the same:
 * "NonZero (3 nodes, first 'nz'): …".
 *
 * @returns by the node's name
 */
export function obstaclesByNode(obstacles: readonly string[], layers: readonly LayerSummary[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const byOperator = new Map<string, LayerSummary[]>();
  for (const row of layers) {
    const alike = byOperator.get(row.operator);
    if (alike) alike.push(row);
    else byOperator.set(row.operator, [row]);
  }
  for (const obstacle of obstacles)
    for (const { name } of rowsOf(obstacle, byOperator)) {
      const known = found.get(name);
      if (known) known.push(obstacle);
      else found.set(name, [obstacle]);
    }
  return found;
}

function rowsOf(obstacle: string, byOperator: ReadonlyMap<string, readonly LayerSummary[]>): readonly LayerSummary[] {
  const [operator = ""] = /^\S+/.exec(obstacle) ?? [];
  const alike = byOperator.get(operator) ?? [];
  const count = Number(/^\S+ \((\d+) nodes, first '/.exec(obstacle)?.[1]);
  // Which of them, the sentence does not say. Where it is not about all, the first stands for the others.
  if (count === alike.length) return alike;
  return alike
    .filter(
      ({ name }) => obstacle.startsWith(`${operator} '${name}'`) || obstacle.startsWith(`${operator} (${count} nodes, first '${name}')`),
    )
    .slice(0, 1);
}
