// The messages above the mosaics: progress, problems and notes. A problem belongs to the stage that met it and stays until
// what caused it changes.
import type { LoadProgress } from "../engine/source.ts";
import { make } from "./make.ts";
import type { SummaryRow } from "./problem.ts";
import type { Stage } from "./update-cycle.ts";

export class Status {
  readonly element = make("div", "message");

  constructor() {
    this.element.part = "message";
  }

  /** Shows what is being done, with a bar where a total is known. */
  showProgress(text: string, done = 0, total = 0): void {
    let status = this.element.querySelector(".status");
    if (!status) {
      status = make("div", "status");
      status.role = "status";
      status.append(make("span", "text"), make("progress", "progress"));
      this.element.append(status);
    }
    const [label, bar] = status.children as unknown as [HTMLElement, HTMLProgressElement];
    if (label.textContent !== `${text}…`) label.textContent = `${text}…`;
    if (total > 0) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    bar.ariaLabel = text;
  }

  showLoading({ stage, done, total }: LoadProgress): void {
    const amount = done > 0 ? ` · ${(done / 1e6).toFixed(1)} MB` : "";
    this.showProgress(stage === "download" ? `Loading the network${amount}` : "Compiling shaders", done, total);
  }

  endProgress(): void {
    this.element.querySelector(".status")?.remove();
  }

  /** Shows a problem above everything else, in place of one of the same stage. The code for it is loaded with the first problem. */
  showProblem(error: Error, stage: Stage, layers: readonly SummaryRow[] = []): void {
    const box = make("div", "problem");
    box.role = "alert";
    box.append(make("p", "", error.message));
    this.#put(box, stage, "prepend");
    import("./problem.ts").then(
      ({ describeProblem }) => box.replaceChildren(...describeProblem(error, layers, this.element.getRootNode() as ShadowRoot)),
      () => undefined,
    );
  }

  showNote(text: string, stage: Stage): void {
    this.#put(make("p", "note", text), stage, "append");
  }

  /** Removes the problem of a stage. */
  clear(stage: Stage): void {
    this.element.querySelector(`[data-stage="${stage}"]`)?.remove();
  }

  #put(message: HTMLElement, stage: Stage, where: "prepend" | "append"): void {
    this.clear(stage);
    message.dataset["stage"] = stage;
    this.element[where](message);
  }
}
