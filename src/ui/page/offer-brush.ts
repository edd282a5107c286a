// The button that opens the brush over the picture, whose code is loaded then, or with an address that holds strokes.
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import { find, listen } from "./listen.ts";
import { offerPart } from "./offer-part.ts";

export function offerBrush(viewer: ConvCam): void {
  const [button, controls, canvas] = [
    find<HTMLButtonElement>("brush"),
    find<HTMLFormElement>("brush-controls"),
    find<HTMLCanvasElement>("brush-canvas"),
  ];
  let results: ConvCamEvents["results"] | undefined;
  listen(viewer, "results", (latest) => {
    results = latest;
  });
  listen(viewer, "reset", () => {
    results = undefined;
  });
  const load = async () => {
    const { BrushOverPicture } = await import("./brush.ts");
    return new BrushOverPicture({
      ...{ viewer, canvas, controls, results },
      width: find("brush-width"),
      color: find("brush-color"),
      undo: find("brush-undo"),
      clear: find("brush-clear"),
      before: find("brush-before"),
      spoken: find("brush-spoken"),
    });
  };
  offerPart({
    ...{ button, controls, problem: find("brush-problem"), title: "Brush", load, attribute: { viewer, name: "retouch" } },
    onToggle: (brush, isOpen) => brush.show(isOpen),
  });
}
