// A plain layout for what has more long edges than a layout library can place in time, such as dense blocks in which every layer reads all before it.
import { type Box, type Direction, fromOrigin, type Gaps, type Level, type PlacedLevel, type Point, type Size } from "./geometry.ts";

/** Each node stands at its rank, beside those of the same rank in their order; edges are straight from border to border. */
export function placeInRows(level: Level, ranks: ReadonlyMap<string, number>, direction: Direction, gaps: Gaps): PlacedLevel {
  const isRight = direction === "right";
  const length = ({ width, height }: Size) => (isRight ? width : height);
  const breadth = ({ width, height }: Size) => (isRight ? height : width);
  const rows: Level["nodes"][number][][] = [];
  for (const node of level.nodes) {
    const rank = ranks.get(node.id) as number;
    // A node stands behind those that it reads, so no rank is left out.
    const row = rows[rank];
    if (row) row.push(node);
    else rows[rank] = [node];
  }
  const boxes = new Map<string, Box>();
  let start = 0;
  for (const nodes of rows) {
    const depth = nodes.reduce((most, node) => Math.max(most, length(node)), 0);
    let side = -(nodes.reduce((sum, node) => sum + breadth(node), 0) + gaps.across * (nodes.length - 1)) / 2;
    for (const node of nodes) {
      const begin = start + (depth - length(node)) / 2;
      const [x, y] = isRight ? [begin, side] : [side, begin];
      boxes.set(node.id, { x, y, width: node.width, height: node.height });
      side += breadth(node) + gaps.across;
    }
    start += depth + gaps.along;
  }
  const middle = (id: string, end: number): Point => {
    const { x, y, width, height } = boxes.get(id) as Box;
    return isRight ? { x: x + end * width, y: y + height / 2 } : { x: x + width / 2, y: y + end * height };
  };
  return fromOrigin(
    boxes,
    level.edges.map(({ from, to }) => ({ from, to, points: [middle(from, 1), middle(to, 0)] })),
  );
}
