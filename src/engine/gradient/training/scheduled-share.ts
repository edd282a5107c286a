// What a schedule makes of the learning rate in each step. Alone in its file, for a page whose engine is elsewhere.
import type { ScheduleOptions } from "./schedules.ts";

/**
 * What the rate is multiplied by in a step. After the last one it stays as it was there.
 *
 * @param step from 1
 */
export function scheduledShare({ name, steps = 1, warmUp = 0, every, factor = 0.1 }: ScheduleOptions, step: number): number {
  if (step <= warmUp) return step / warmUp;
  if (name === "constant") return 1;
  const length = Math.max(1, steps - warmUp);
  const done = step - warmUp - 1;
  if (name === "cosine") return 0.5 * (1 + Math.cos((Math.PI * Math.min(done, length - 1)) / length));
  const stride = every ?? Math.max(1, Math.ceil(length / 3));
  const passed = every === undefined ? Math.min(done, length - 1) : done;
  return factor ** Math.floor(passed / stride);
}
