// On a small screen the picture and the answer scroll away from the maps. Then both stand small at the lower edge, and lead back up.
import type { ConvCam } from "../element.ts";
import { make } from "../make.ts";
import { sizeOf } from "../picture-size.ts";
import { find } from "./listen.ts";

/** Device pixels of the small picture's side. */
const side = 96;

/** @param input the card with the picture */
export function keepInSight(viewer: ConvCam, input: HTMLElement): void {
  const strip = make("div", "in-sight");
  const up = make("button", "");
  const away = make("button", "", "×");
  const picture = make("canvas", "");
  const answer = make("span", "");
  const back = make("span", "visually-hidden", ", back to the picture");
  up.type = away.type = "button";
  away.ariaLabel = "Hide picture and answer";
  strip.hidden = true;
  Object.assign(picture, { width: side, height: side });
  picture.ariaHidden = "true";
  up.append(picture, answer, back);
  strip.append(up, away);
  document.body.append(strip);

  const isSmall = matchMedia("(max-width: 860px)");
  let isAway = false;
  /** Whether somebody wants to see what it covers, until the picture itself has come into sight again. */
  let isUnwanted = false;
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
    strip.hidden = !(isAway && isSmall.matches) || isUnwanted;
    draw();
  };
  new IntersectionObserver((entries) => {
    const entry = entries.at(-1);
    isAway = entry !== undefined && !entry.isIntersecting && entry.boundingClientRect.top < 0;
    isUnwanted &&= isAway;
    reflect();
  }).observe(input);
  isSmall.addEventListener("change", reflect);
  for (const name of ["frame", "results", "reset"]) viewer.addEventListener(name, draw);
  away.addEventListener("click", () => {
    isUnwanted = true;
    reflect();
  });
  up.addEventListener("click", () => {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    input.scrollIntoView({ block: "start", behavior: isCalm ? "instant" : "smooth" });
    input.querySelector<HTMLElement>("[aria-pressed=true]")?.focus({ preventScroll: true });
  });
}
