// A button that opens and closes a part of the page, whose code is loaded with the first click.
import { once } from "./once.ts";

export interface OfferedPart<Part> {
  readonly button: Pick<HTMLButtonElement, "ariaExpanded" | "addEventListener">;
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
export function offerPart<Part>({ button, controls, problem, title, load, onToggle }: OfferedPart<Part>): void {
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
}
