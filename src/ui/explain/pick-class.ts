// Makes the bars of classes a list to choose from: by a click, or with arrow keys and Enter.

export class ClassPicker {
  readonly #root: Node;
  readonly #onPick: (index: number) => void;
  #list: HTMLElement | undefined;

  /** @param root holds the bars, now or later */
  constructor(root: Node, onPick: (index: number) => void) {
    this.#root = root;
    this.#onPick = onPick;
    root.addEventListener("click", this.#onEvent);
    root.addEventListener("keydown", this.#onEvent);
  }

  /**
   * Brings roles, tab stops and marks up to date.
   *
   * @param list the bars, of `ClassBars`
   * @param chosen the index of the class that is explained
   */
  mark(list: HTMLElement | null, chosen: number | undefined): void {
    if (!list) return;
    this.#list = list;
    list.role = "listbox";
    list.ariaDescription = "Choose the class to explain.";
    const rows = [...list.children] as HTMLElement[];
    const current = rows.find((row) => indexOf(row) === chosen);
    // One of them is a tab stop, and arrows lead to the others. The focus stays where it is while rows change.
    const stop = rows.find((row) => row.matches(":focus")) ?? current ?? rows[0];
    for (const row of rows) {
      row.role = "option";
      row.ariaSelected = String(row === current);
      row.tabIndex = row === stop ? 0 : -1;
    }
  }

  /** Makes the bars plain again. */
  dispose(): void {
    this.#root.removeEventListener("click", this.#onEvent);
    this.#root.removeEventListener("keydown", this.#onEvent);
    if (!this.#list) return;
    this.#list.role = null;
    this.#list.ariaDescription = null;
    for (const row of this.#list.children) for (const name of ["role", "aria-selected", "tabindex"]) row.removeAttribute(name);
  }

  readonly #onEvent = (event: Event): void => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>(".bars [role=option]") : null;
    if (!row) return;
    const key = event instanceof KeyboardEvent ? event.key : "Enter";
    const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[key];
    if (next === undefined && key !== "Enter" && key !== " ") return;
    event.preventDefault();
    if (next === undefined) this.#onPick(indexOf(row));
    else if (next instanceof HTMLElement) {
      row.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
  };
}

function indexOf(row: HTMLElement): number {
  return Number(row.dataset["class"]);
}
