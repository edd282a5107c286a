// Whether an element is on the screen, or just beside it.

/** Tells whenever that has changed; at first it is not. */
export function watchVisibility(element: Element, onChange: (isVisible: boolean) => void): void {
  let wasVisible = false;
  const observer = new IntersectionObserver(
    (entries) => {
      const isVisible = entries.at(-1)?.isIntersecting === true;
      if (isVisible === wasVisible) return;
      wasVisible = isVisible;
      onChange(isVisible);
    },
    { rootMargin: "64px" },
  );
  observer.observe(element);
}
