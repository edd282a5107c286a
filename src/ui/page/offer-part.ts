// A button that opens and closes a part of the page, whose code is loaded with the first click.
import { loadPart } from "../../engine/errors.ts";

export interface OfferedPart<Part> {
  readonly button: Pick<HTMLButtonElement, "ariaExpanded" | "addEventListener">;
  /** What the button shows and hides. */
  readonly controls: { hidden: HTMLElement["hidden"] };
  /** What it is for, in the message where it does not load. */
  readonly what: string;
  readonly load: () => Promise<Part>;
  readonly onToggle: (part: Part, isOpen: boolean) => void;
  readonly onFail: (error: unknown) => void;
}

/** A part that did not load stays closed, and the next click tries again. */
export function offerPart<Part>({ button, controls, what, load, onToggle, onFail }: OfferedPart<Part>): void {
  let loading: Promise<Part> | undefined;
  const show = (isOpen: boolean) => {
    button.ariaExpanded = String(isOpen);
    controls.hidden = !isOpen;
  };
  button.addEventListener("click", async () => {
    const isOpen = button.ariaExpanded !== "true";
    show(isOpen);
    loading ??= loadPart(what, load);
    try {
      onToggle(await loading, isOpen);
    } catch (error) {
      loading = undefined;
      show(false);
      onFail(error);
    }
  });
}
