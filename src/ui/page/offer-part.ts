// A button that opens and closes a part of the page, whose code is loaded with the first click, or with an attribute of the element that the part is of.
import { once } from "./once.ts";

/** An attribute that a part is of: an address, and Back, set and remove it, too. */
interface PartAttribute {
  readonly viewer: Element;
  readonly name: string;
  /** Whether the part closes without it. */
  readonly isAll?: boolean;
}

export interface OfferedPart<Part> {
  readonly button: Pick<HTMLButtonElement, "ariaExpanded" | "addEventListener" | "click">;
  /** Opens the part where the element has it. */
  readonly attribute?: PartAttribute;
  /** What the button shows and hides. */
  readonly controls: { hidden: HTMLElement["hidden"] };
  /** Says where it does not load. */
  readonly problem: { hidden: HTMLElement["hidden"]; textContent: string | null };
  /** What visitors call it. */
  readonly title: string;
  readonly load: () => Promise<Part>;
  readonly onToggle: (part: Part, isOpen: boolean) => void;
}

/** A part that did not load stays closed and says so until the next click, which tries again: browsers that keep what has failed load it with the page alone. */
export function offerPart<Part>({ button, controls, problem, title, load, onToggle, attribute }: OfferedPart<Part>): void {
  const loadOnce = once(load);
  const show = (isOpen: boolean) => {
    button.ariaExpanded = String(isOpen);
    controls.hidden = !isOpen;
  };
  button.addEventListener("click", async () => {
    const isOpen = button.ariaExpanded !== "true";
    show(isOpen);
    problem.hidden = true;
    let part: Part;
    try {
      part = await loadOnce();
    } catch (error) {
      show(false);
      problem.textContent = `“${title}” could not be loaded. Check the connection and reload the page. (${(error as Error).message})`;
      problem.hidden = false;
      return;
    }
    onToggle(part, isOpen);
  });
  if (!attribute) return;
  const { viewer, name, isAll } = attribute;
  const follow = () => {
    const isThere = viewer.hasAttribute(name);
    if (isThere !== (button.ariaExpanded === "true") && (isThere || isAll)) button.click();
  };
  new MutationObserver(follow).observe(viewer, { attributeFilter: [name] });
}
