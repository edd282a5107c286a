// Points, boxes and lines of a layout. Sizes are in whatever the nodes are given in, such as CSS pixels.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `x` and `y` are its upper left corner. */
export interface Box extends Size, Point {}

/** Towards where the depth of a network grows. */
export type Direction = "right" | "down";

export interface LevelEdge {
  readonly from: string;
  readonly to: string;
}

export interface Level {
  /** In an order in which each comes behind those that it reads. */
  readonly nodes: readonly (Size & { readonly id: string })[];
  readonly edges: readonly LevelEdge[];
}

export interface RoutedEdge extends LevelEdge {
  /** From the border of the one to that of the other. */
  readonly points: readonly Point[];
}

/** From (0, 0) on. */
export interface PlacedLevel extends Size {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly edges: readonly RoutedEdge[];
}

export interface Gaps {
  /** Between two nodes, one behind the other. */
  readonly along: number;
  /** Between two nodes, one beside the other. */
  readonly across: number;
}

/** Moves all so that the smallest coordinates are 0. */
export function fromOrigin(boxes: ReadonlyMap<string, Box>, edges: readonly RoutedEdge[]): PlacedLevel {
  const points = [
    ...edges.flatMap((edge) => edge.points),
    ...[...boxes.values()].flatMap(({ x, y, width, height }) => [
      { x, y },
      { x: x + width, y: y + height },
    ]),
  ];
  const range = (axis: "x" | "y") =>
    points.reduce(([least, most], p) => [Math.min(least, p[axis]), Math.max(most, p[axis])] as const, [Infinity, -Infinity] as const);
  const [[left, right], [top, bottom]] = [range("x"), range("y")];
  const isEmpty = points.length === 0;
  return {
    width: isEmpty ? 0 : right - left,
    height: isEmpty ? 0 : bottom - top,
    boxes: new Map([...boxes].map(([id, box]) => [id, { ...box, x: box.x - left, y: box.y - top }])),
    edges: edges.map((edge) => ({ ...edge, points: edge.points.map(({ x, y }) => ({ x: x - left, y: y - top })) })),
  };
}
