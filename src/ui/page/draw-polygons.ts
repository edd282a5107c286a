// Draws polygons on a canvas: the same pictures that a network learns from, where they are painted into bytes.
import type { PaintedPolygon } from "../../data-sets/paint.ts";

export function drawPolygons(context: CanvasRenderingContext2D, polygons: Iterable<PaintedPolygon>): void {
  const { width, height } = context.canvas;
  for (const { color, opacity = 1, points } of polygons) {
    context.fillStyle = `rgb(${color.map(Math.round).join(" ")} / ${opacity})`;
    context.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) context.lineTo((points[i] as number) * width, (points[i + 1] as number) * height);
    context.fill();
  }
}
