// The button that opens the fields for the preparation of pictures, whose code is loaded then.
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
