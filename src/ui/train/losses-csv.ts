// The losses of a run as a table for other programs. Pure.
import type { History } from "./history.ts";

/** A row for each step: its loss, and what was measured on what is held back after it, where it was tried then. */
export function lossesCsv({ start, losses, scores }: Pick<History, "start" | "losses" | "scores">): string {
  const bySteps = new Map(scores.map((score) => [score.steps, score]));
  const row = (step: number, loss: number | "") => {
    const score = bySteps.get(step);
    return [step, loss, score?.loss ?? "", score?.accuracy ?? ""].join();
  };
  const rows = losses.map((loss, i) => row(start + i + 1, loss));
  // It is tried before its first step, too.
  const first = bySteps.has(start) ? [row(start, "")] : [];
  return `${["step,loss,held_back_loss,accuracy", ...first, ...rows].join("\n")}\n`;
}
