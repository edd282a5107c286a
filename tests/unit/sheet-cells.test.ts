// Thumbnails fit their cells, whatever the value, and show as many channels as can be told apart.
import { expect, it } from "vitest";
import { layoutCell } from "../../src/ui/views/sheet-cell.ts";

it.each([
  { channels: 1, height: 28, width: 28, shown: 1 },
  { channels: 3, height: 224, width: 224, shown: 3 },
  { channels: 64, height: 55, width: 55, shown: 25 },
  { channels: 2048, height: 7, width: 7, shown: 25 },
  { channels: 1000, height: 1, width: 1, shown: 1000 },
  { channels: 10, height: 1, width: 1, shown: 10 },
  { channels: 4, height: 1, width: 4420, shown: 4 },
  { channels: 6, height: 500, width: 2, shown: 6 },
])("$channels maps of $height × $width", ({ shown, ...maps }) => {
  const { width, height, channels } = layoutCell({ width: 64, height: 64 }, maps);
  expect(width).toBeLessThanOrEqual(64);
  expect(height).toBeLessThanOrEqual(64);
  expect(Math.max(width, height)).toBeGreaterThan(20);
  expect(channels).toBe(shown);
});
