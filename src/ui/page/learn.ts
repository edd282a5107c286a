// The article: one drawing pad feeds every figure.
import { digit } from "../../../models/digit.ts";
import "../element.ts";
import { percentOf } from "../format-number.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { find, listen } from "./listen.ts";
import { LiveFigures } from "./live-figures.ts";
import { offerSkip } from "./skip-link.ts";

const pad = new DrawingPad(find<HTMLCanvasElement>("pad"), () => figures?.refresh());

/** Without WebGPU the article stays a text: a sentence stands in place of each figure. */
const figures = "gpu" in navigator && navigator.gpu ? new LiveFigures(document.querySelectorAll("figure"), pad.picture) : undefined;
document.documentElement.classList.add(figures ? "live" : "still");
if (!figures) for (const stage of document.querySelectorAll(".stage")) stage.textContent = "Here is a live figure, which needs WebGPU.";

offerSkip();
pad.show(digit.strokes);
find("clear").addEventListener("click", () => pad.clear());
find("redraw").addEventListener("click", () => pad.show(digit.strokes));

for (const element of figures?.elements ?? []) {
  // Figures apart compute with other weights, or another network.
  if (element.closest("figure")?.hasAttribute("data-apart")) continue;
  listen(element, "results", ({ top: [first] }) => {
    if (element.gates.length > 0 || !first) return;
    find("answer").textContent = pad.isEmpty ? "Draw a digit." : `The network reads ${first.label}: ${percentOf(first.probability)}.`;
  });
}
