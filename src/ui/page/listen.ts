// What the parts of the page have in common: its elements by id, and the viewer's events with their details.
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";

/** The page's elements by id. */
export function find<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

type Listener<Name extends keyof ConvCamEvents> = (detail: ConvCamEvents[Name], event: Event) => void;

export function listen<Name extends keyof ConvCamEvents>(viewer: ConvCam, name: Name, listener: Listener<Name>): void {
  viewer.addEventListener(name, (event) => listener((event as CustomEvent<ConvCamEvents[Name]>).detail, event));
}
