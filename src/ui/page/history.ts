// Keeps the address and the browser's history up to date with what is shown: a link shows the same again, and Back undoes.
import type { ConvCam } from "../element.ts";
import type { ConvCamState } from "../state.ts";
import { type PageState, readAddress, writeAddress } from "./address.ts";

interface History {
  /** Names of the networks that are shown, and how somebody wants pictures prepared. */
  chosen(): Omit<PageState, "state">;
  /** Shows what an address says. */
  show(wanted: PageState): Promise<void>;
  report(error: unknown): void;
}

/** What is changed by a drag or by typing is one step back, however many changes it was. */
const patienceMs = 400;

/** @returns when what the address says is shown */
export async function keepHistory(viewer: ConvCam, { chosen, show, report }: History): Promise<void> {
  /** While an address is being shown, what changes comes from it. */
  let isShowing = false;
  let timer = 0;
  const current = () => `#${writeAddress({ ...chosen(), state: viewer.state as ConvCamState })}`;
  const open = async (hash: string) => {
    isShowing = true;
    const wanted = readAddress(hash);
    try {
      await show(wanted);
      if (wanted.problem) report(wanted.problem);
    } catch (error) {
      report(error);
    } finally {
      isShowing = false;
    }
  };
  const note = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (isShowing || current() === (location.hash || "#")) return;
      history.pushState(null, "", current());
    }, patienceMs);
  };
  await open(location.hash);
  history.replaceState(null, "", current());
  new MutationObserver(note).observe(viewer, { attributes: true });
  // Gates and networks are no attributes: the frame that follows them tells.
  for (const name of ["frame", "load"]) viewer.addEventListener(name, note);
  addEventListener("popstate", () => {
    clearTimeout(timer);
    void open(location.hash);
  });
}
