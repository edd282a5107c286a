// Style sheets without `<style>` elements, which a Content-Security-Policy without 'unsafe-inline' strips.

/**
 * Adds rules to a document or shadow root; the same text is parsed once per call, so call it once per root.
 *
 * @param at where they stand among those that are there: of equal selectors the later rule holds
 */
export function adoptStyles(root: DocumentOrShadowRoot, css: string, at = root.adoptedStyleSheets.length): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets.splice(at, 0, sheet);
}
