// A road that somebody drives along, by arrow keys or by a finger.
import type { Steering } from "../../data-sets/road/scene.ts";
import { SteeredCanvas } from "./steered-canvas.ts";

/**
 * @param label what it shows, and how it is steered
 * @param onWish somebody wants something else
 */
export function steeredRoad(label: string, onWish: () => void): SteeredCanvas<Steering> {
  return new SteeredCanvas<Steering>({
    label,
    keys: { ArrowUp: { forward: 1 }, ArrowDown: { forward: -1 }, ArrowLeft: { right: -1 }, ArrowRight: { right: 1 } },
    rest: { forward: 0, right: 0 },
    // The upper part drives, the lower part brakes; the farther from the middle, the more it steers.
    towards: (y, x) => ({ forward: y < 0.75 ? 1 : -1, right: Math.max(-1, Math.min(1, (x - 0.5) * 3)) }),
    onWish,
  });
}
