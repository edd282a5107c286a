// The list of a network's values that have maps, with a box for each that is shown. There are more of them than layers: a layer has some within it,
// such as what it is before its activation.
import type { ConvCam, ConvCamEvents } from "../element.ts";
import { make } from "../make.ts";
import { find, listen } from "./listen.ts";

type Layers = ConvCamEvents["load"]["layers"];

export function listLayers(viewer: ConvCam): void {
  listen(viewer, "load", ({ layers, shown }) => show(layers, shown));
  listen(viewer, "error", () => {
    if (viewer.availableLayers.length === 0) show([], []);
  });
  find("layer-list").addEventListener("change", ({ target }) => {
    const checked = find("layer-list").querySelectorAll<HTMLInputElement>("input:checked");
    const values = Array.from(checked, ({ value }) => value);
    if (values.length > 0)
      viewer.setAttribute("layers", values.some((value) => value.includes(",")) ? JSON.stringify(values) : values.join(","));
    // Some layer is always shown.
    else if (target instanceof HTMLInputElement) target.checked = true;
  });
  addEventListener("click", (event) => {
    const details = find("layer-list").closest("details");
    if (event.target instanceof Node && !details?.contains(event.target)) details?.removeAttribute("open");
  });
  addEventListener("keydown", ({ key }) => key === "Escape" && close());
}

/** Closes the list, and moves the focus from inside it to its summary. */
function close(): void {
  const details = find("layer-list").closest("details");
  if (details?.open && details.contains(document.activeElement)) find("layer-summary").focus();
  details?.removeAttribute("open");
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
    list.replaceChildren(list.querySelector("legend") ?? "", ...labels);
  }
  for (const box of boxes) box.checked = shown.includes(box.value);
}
