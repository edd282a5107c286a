// The bars of <conv-cam> and their style. Loaded with the first results, because not every network has classes.
import styles from "./bars.css?inline";
import { ClassBars } from "./class-bars.ts";
import { adoptStyles } from "./style-sheet.ts";

export { toProbabilities, topClasses } from "./class-bars.ts";

/** Puts empty bars after an element. */
export function placeBars(previous: Element): ClassBars {
  const bars = new ClassBars();
  adoptStyles(previous.getRootNode() as ShadowRoot, styles);
  bars.element.part = "bars";
  previous.after(bars.element);
  return bars;
}
