// On a small screen the picture and the answer scroll away from the maps. Then both stand small at the lower edge, and lead back up.
import type { ConvCam } from "../element.ts";
import { make } from "../make.ts";
import { sizeOf } from "../picture-size.ts";
import { find } from "./listen.ts";

/** Device pixels of the small picture's side. */
const side = 96;

/** @param input the card with the picture */
export function keepInSight(viewer: ConvCam, input: HTMLElement): void {
  const strip = make("button", "in-sight");
  const picture = make("canvas", "");
  const answer = make("span", "");
  const back = make("span", "visually-hidden", ", back to the picture");
  strip.type = "button";
  strip.hidden = true;
  Object.assign(picture, { width: side, height: side });
  picture.ariaHidden = "true";
  strip.append(picture, answer, back);
  document.body.append(strip);

  const isSmall = matchMedia("(max-width: 860px)");
  let isAway = false;
  const draw = () => {
    if (strip.hidden) return;
    const isAnswered = !find("answer").hidden;
    answer.textContent = isAnswered ? `${find("top-label").textContent} ${find("top-share").textContent}` : "";
    const shown = viewer.picture;
    picture.hidden = !shown || "data" in shown;
    if (!shown || "data" in shown) return;
    const { width, height } = sizeOf(shown);
    const square = Math.min(width, height);
    if (square > 0)
      picture
        .getContext("2d")
        ?.drawImage(shown, (width - square) / 2, (height - square) / 2, square, square, 0, 0, picture.width, picture.height);
  };
  const reflect = () => {
    strip.hidden = !(isAway && isSmall.matches);
    draw();
  };
  new IntersectionObserver((entries) => {
    const entry = entries.at(-1);
    isAway = entry !== undefined && !entry.isIntersecting && entry.boundingClientRect.top < 0;
    reflect();
  }).observe(input);
  isSmall.addEventListener("change", reflect);
  for (const name of ["frame", "results", "reset"]) viewer.addEventListener(name, draw);
  strip.addEventListener("click", () => {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    input.scrollIntoView({ block: "start", behavior: isCalm ? "instant" : "smooth" });
    input.querySelector<HTMLElement>("[aria-pressed=true]")?.focus({ preventScroll: true });
  });
}
