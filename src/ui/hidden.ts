// What `hide` takes away: names with spaces or commas between them. Loaded where something reads it.

const hideable = ["overview", "presets", "play", "step", "picture", "camera", "colors", "range", "brightness", "fullscreen"] as const;

export type Hideable = (typeof hideable)[number];

function namesIn(element: Element): readonly string[] {
  return (element.getAttribute("hide") ?? "").split(/[\s,]+/).filter(Boolean);
}

export function isHidden(element: Element, name: Hideable): boolean {
  return namesIn(element).includes(name);
}

/** @throws Error that says what can be hidden where a name of the attribute is none of it */
export function checkHidden(element: Element): void {
  const unknown = namesIn(element).find((name) => !(hideable as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`hide '${unknown}': expected ${hideable.join(", ")}.`);
}
