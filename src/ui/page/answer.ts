// The card with the network's answer: the best class, all of them as bars, and those of a network compared with.
import { ClassBars } from "../class-bars.ts";
import type { ConvCam } from "../element.ts";
import { percentOf } from "../format-number.ts";
import { find, listen } from "./listen.ts";

interface Question {
  /** Whether there is nothing on the drawing pad, and it is what the network looks at. */
  isEmpty(): boolean;
  /** What the first network and the other one are called. */
  names(): readonly [string, string];
}

export function showAnswers(viewer: ConvCam, { isEmpty, names }: Question): void {
  const bars = new ClassBars();
  const comparedBars = new ClassBars();
  const speak = speaker(find("spoken"));
  find("bars").append(bars.element);
  find("compared-bars").append(comparedBars.element);
  listen(viewer, "reset", () => {
    find("answer").hidden = true;
    speak("");
  });
  // What an empty pad is taken for has no reason to be told.
  listen(viewer, "explain", (_, event) => {
    if (isEmpty()) event.preventDefault();
  });
  listen(viewer, "results", ({ outputs, top, isTrained }) => {
    const [scores, others] = outputs;
    const [best] = top;
    find("answer").hidden = !scores;
    if (!scores || !best) return;
    bars.isTrained = isTrained;
    bars.update(scores, viewer.labels);
    const isBlankPad = isEmpty();
    const isNumber = Number.isFinite(best.probability);
    const isAnswer = isTrained && isNumber && !isBlankPad;
    find("top-label").textContent = isBlankPad ? "Draw something" : !isNumber ? "No numbers" : isTrained ? best.label : "Not trained";
    find("top-share").textContent = isAnswer ? percentOf(best.probability) : "";
    speak(isAnswer ? `The network answers ${best.label}.` : isNumber ? "" : "The network's scores are not numbers.");
    find("compared-bars").hidden = !others;
    find("own-name").hidden = !others;
    if (!others) return;
    comparedBars.update(others, viewer.labels);
    const [own, other] = names();
    find("own-name").textContent = own;
    find("other-name").textContent = other;
  });
}

/** Tells a screen reader a text once it has stayed the same for a moment. */
function speaker(region: HTMLElement): (text: string) => void {
  let timer = 0;
  let last = "";
  return (text) => {
    if (text === last) return;
    last = text;
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      region.textContent = text;
    }, 800);
  };
}
