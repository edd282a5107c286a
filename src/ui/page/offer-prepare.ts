// The button that opens the fields for the preparation of pictures, and what shows them prepared. The code of each is loaded then.
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import { offerPart } from "./offer-part.ts";
import type { Prepared } from "./prepared.ts";

/** @param find gives the page's elements by id */
export function offerPrepare(prepared: Prepared, find: <T extends HTMLElement>(id: string) => T): void {
  const load = async () => {
    const { PrepareForm } = await import("./prepare-form.ts");
    return new PrepareForm({
      prepared,
      form: find("prepare-controls"),
      preset: find("prepare-preset"),
      mean: find("prepare-mean"),
      std: find("prepare-std"),
      scale: find("prepare-scale"),
      channels: find("prepare-channels"),
      fit: find("prepare-fit"),
      undo: find("prepare-undo"),
      note: find("prepare-note"),
    });
  };
  const controls = find("prepare-controls");
  offerPart({
    ...{ button: find<HTMLButtonElement>("prepare"), controls, problem: find("prepare-problem"), title: "Change…", load },
    onToggle: (part, isOpen) => isOpen && part.show(),
  });
}

/** Under the preparation, the picture as the network gets it. */
export function offerSeen(viewer: ConvCam, find: <T extends HTMLElement>(id: string) => T): void {
  const details = find<HTMLDetailsElement>("seen");
  let loading: Promise<import("./seen-picture.ts").SeenPicture> | undefined;
  const load = async () => {
    const { SeenPicture } = await loadPart("that shows what networks get", () => import("./seen-picture.ts"));
    return new SeenPicture({ viewer, details, canvas: find("seen-picture"), text: find("seen-text") });
  };
  details.addEventListener("toggle", () => {
    if (!details.open) return;
    loading ??= load();
    loading.then(
      (seen) => seen.refresh(),
      (error: Error) => {
        loading = undefined;
        find("seen-text").textContent = error.message;
      },
    );
  });
}
