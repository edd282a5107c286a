// The list of a network's values that have maps, with a box for each that is shown. There are more of them than layers: a layer has some within it,
// such as what it is before its activation.
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import { make } from "../make.ts";
import { find, listen } from "./listen.ts";

type Layers = ConvCamEvents["load"]["layers"];

export function listLayers(viewer: ConvCam): void {
  listen(viewer, "load", ({ layers, shown }) => show(layers, shown));
  listen(viewer, "error", () => {
    if (viewer.availableLayers.length === 0) show([], []);
  });
  find("layer-list").addEventListener("change", () => {
    const checked = find("layer-list").querySelectorAll<HTMLInputElement>("input:checked");
    const values = Array.from(checked, ({ value }) => value);
    viewer.setAttribute("layers", values.some((value) => value.includes(",")) ? JSON.stringify(values) : values.join(",") || "[]");
  });
  for (const [id, text] of Object.entries({ "layers-all": "all", "layers-none": "[]" }))
    find(id).addEventListener("click", () => viewer.setAttribute("layers", text));
}

/** Closes menus of the page when somebody clicks beside them, and by Escape, which moves the focus from inside to the summary. */
export function closeMenus(menus: readonly HTMLDetailsElement[]): void {
  addEventListener("click", ({ target }) => {
    for (const menu of menus) if (target instanceof Node && !menu.contains(target)) menu.open = false;
  });
  addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    for (const menu of menus) {
      if (menu.open && menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
      menu.open = false;
    }
  });
}

/** Of a network that could not be loaded there are none. */
function show(layers: Layers, shown: readonly string[]): void {
  fill(layers, shown);
  find("layer-summary").textContent = layers.length > 0 ? `Maps ${shown.length} of ${layers.length}` : "Maps";
}

/** The checkboxes of a network's layers. For the same network they are kept, so that the focus is not lost. */
function fill(layers: Layers, shown: readonly string[]): void {
  const list = find("layer-list");
  let boxes = [...list.querySelectorAll<HTMLInputElement>("input")];
  if (boxes.length !== layers.length || boxes.some(({ value }, i) => value !== layers[i]?.value)) {
    boxes = layers.map(({ value }) => Object.assign(document.createElement("input"), { type: "checkbox", value }));
    const labels = layers.map(({ value, operator, shape }, i) => {
      const label = document.createElement("label");
      label.append(boxes[i] ?? "", value, make("small", "", `${operator} ${shape.slice(1).join("×")}`));
      return label;
    });
    for (const label of list.querySelectorAll("label")) label.remove();
    list.append(...labels);
  }
  for (const box of boxes) box.checked = shown.includes(box.value);
}
