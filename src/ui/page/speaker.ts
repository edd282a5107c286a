// Tells a screen reader what stays on the screen, not everything that passes by.

/** @returns what tells a text once it has stayed the same for a moment */
export function speaker(region: HTMLElement): (text: string) => void {
  let timer = 0;
  let last = "";
  return (text) => {
    if (text === last) return;
    last = text;
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      region.textContent = text;
    }, 800);
  };
}
