// The keys of every view, in one place: the dialog shows them, and docs/keys.md lists the same. Pure.

export interface KeyUse {
  /** As keyboards name them; several do the same, or opposites. */
  readonly keys: readonly string[];
  readonly does: string;
}

export interface KeyGroup {
  /** Where they hold: while something of it has the focus. */
  readonly title: string;
  readonly uses: readonly KeyUse[];
}

export const keyGroups: readonly KeyGroup[] = [
  {
    title: "Anywhere in a network's views",
    uses: [
      { keys: ["Space"], does: "pauses what moves, and goes on" },
      { keys: ["."], does: "computes one frame while paused" },
      { keys: ["Escape"], does: "goes one level out" },
      { keys: ["?"], does: "lists the keys" },
    ],
  },
  {
    title: "Overview",
    uses: [
      { keys: ["←", "→", "↑", "↓"], does: "go from layer to layer" },
      { keys: ["Home", "End"], does: "go to the first, and to the last" },
      { keys: ["+", "-", "0"], does: "draw the graph larger, smaller, and as it was; so does the wheel with Ctrl" },
      { keys: ["Enter"], does: "looks into the layer; in the search, goes to the next one that is found" },
    ],
  },
  {
    title: "Maps of a layer or a channel",
    uses: [
      { keys: ["←", "→", "↑", "↓"], does: "read element by element" },
      { keys: ["Shift+←", "Shift+→"], does: "read the same place of the channel before, and of the next" },
      { keys: ["Enter"], does: "looks into what is read" },
      { keys: ["[", "]"], does: "show the page of a layer, or the channel, before, and the next; so do ← and → beside the map" },
    ],
  },
  {
    title: "An element",
    uses: [
      { keys: ["←", "→", "↑", "↓"], does: "explain element by element" },
      { keys: ["Enter"], does: "stays at the one that is explained" },
      { keys: ["[", "]"], does: "explain the same place of the channel before, and of the next" },
    ],
  },
  {
    title: "Kernels of a layer",
    uses: [
      { keys: ["←", "→", "↑", "↓"], does: "read weight by weight" },
      { keys: ["Enter"], does: "goes to the channel" },
    ],
  },
  {
    title: "Why",
    uses: [
      { keys: ["↑", "↓"], does: "go from class to class on the bars" },
      { keys: ["Enter", "Space"], does: "explain that class, or the top one again" },
    ],
  },
  {
    title: "Drawing pad",
    uses: [
      { keys: ["←", "→", "↑", "↓"], does: "move the pen" },
      { keys: ["Space"], does: "lowers the pen, and lifts it" },
      { keys: ["Delete"], does: "clears" },
    ],
  },
  {
    title: "Road",
    uses: [
      { keys: ["↑", "↓"], does: "drive and brake" },
      { keys: ["←", "→"], does: "steer" },
    ],
  },
];
