// How far a training is, in one line. Pure.
import type { Learning } from "./learning.ts";

/** Losses whose mean is told. */
const lastSteps = 20;

/** @param isPaused whether the element is */
export function statusText({ begun, history, speed, isHeld, isStepping }: Learning, isPaused: boolean): string {
  const last = history.losses.slice(-lastSteps);
  const loss = last.reduce((sum, one) => sum + one, 0) / last.length;
  const score = history.scores.at(-1);
  const pictures = begun.count === undefined ? "pictures without end" : `${begun.count.toLocaleString("en")} pictures`;
  const share = score && `${(100 * score.accuracy).toFixed(1)} %`;
  // It is tried from time to time only.
  const when = score && score.steps !== history.steps ? `, after ${score.steps.toLocaleString("en")} steps` : "";
  return [
    stateText(isHeld, isPaused, isStepping) ?? `Learns from ${pictures}`,
    `step ${history.steps.toLocaleString("en")}`,
    speed > 0 ? `${Math.round(speed).toLocaleString("en")} pictures/s` : "",
    last.length > 0 ? `loss ${loss.toFixed(3)}` : "",
    share
      ? begun.kind === "driving"
        ? `in the lane ${share} of the time${when}`
        : `${share} of ${begun.heldBack} pictures held back are right${when}`
      : "",
    begun.leftOut > 0 ? `${begun.leftOut} ${begun.leftOut === 1 ? "picture" : "pictures"} could not be read` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Where it does not go on; while a step ends, its weights still change. */
function stateText(isHeld: boolean, isPaused: boolean, isStepping: boolean): string | undefined {
  if (!isHeld && !isPaused) return undefined;
  if (isStepping) return "Ends a step";
  return isHeld ? "Paused" : "Paused with the layers";
}
