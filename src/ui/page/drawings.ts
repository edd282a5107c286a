// Pictures to try a network with, drawn by code: shapes, gratings, a face, a cat, text, a checkerboard, noise. The same at every size.
import { keyOf, uniformAt } from "../../engine/random.ts";

export interface Drawing {
  readonly title: string;
  /** Draws a square of 1 × 1, on a context that is scaled to its canvas. */
  draw(context: CanvasRenderingContext2D): void;
}

const tau = 2 * Math.PI;

export const drawings: readonly Drawing[] = [
  {
    title: "Shapes",
    draw(context) {
      fill(context, "#f4efe6");
      disc(context, 0.3, 0.32, 0.2, "#d1372e");
      context.fillStyle = "#2b5fb8";
      context.fillRect(0.54, 0.12, 0.34, 0.34);
      polygon(context, "#2f8f4e", [0.3, 0.58], [0.5, 0.92], [0.1, 0.92]);
      context.lineWidth = 0.06;
      context.strokeStyle = "#e0a100";
      context.beginPath();
      context.arc(0.72, 0.74, 0.15, 0, tau);
      context.stroke();
    },
  },
  {
    title: "Gratings",
    draw(context) {
      // Sine waves of four directions, a finer one in each corner than in the one before.
      const cells = 128;
      for (let row = 0; row < cells; row++)
        for (let column = 0; column < cells; column++) {
          const [y, x] = [(row + 0.5) / cells, (column + 0.5) / cells];
          const corner = (y < 0.5 ? 0 : 2) + (x < 0.5 ? 0 : 1);
          const angle = (corner * Math.PI) / 4;
          const wave = Math.sin(tau * (8 + 4 * corner) * (x * Math.cos(angle) + y * Math.sin(angle)));
          gray(context, wave / 2 + 0.5);
          context.fillRect(column / cells, row / cells, 1.02 / cells, 1.02 / cells);
        }
    },
  },
  {
    title: "Checkerboard",
    draw(context) {
      for (let row = 0; row < 8; row++)
        for (let column = 0; column < 8; column++) {
          gray(context, (row + column) % 2);
          context.fillRect(column / 8, row / 8, 1.005 / 8, 1.005 / 8);
        }
    },
  },
  {
    title: "Face",
    draw(context) {
      fill(context, "#9fc5e8");
      ellipse(context, 0.5, 0.5, 0.33, 0.42, "#4a2f1d");
      context.fillStyle = "#e8b890";
      context.fillRect(0.41, 0.78, 0.18, 0.22);
      ellipse(context, 0.5, 0.54, 0.27, 0.35, "#f2c9a4");
      ellipse(context, 0.5, 0.2, 0.27, 0.1, "#4a2f1d");
      for (const x of [0.39, 0.61]) {
        ellipse(context, x, 0.48, 0.055, 0.035, "#fff");
        disc(context, x, 0.48, 0.027, "#3b2a1a");
        line(context, "#4a2f1d", 0.018, [x - 0.06, 0.41], [x, 0.395], [x + 0.06, 0.41]);
      }
      line(context, "#c98f66", 0.014, [0.5, 0.5], [0.475, 0.62], [0.52, 0.62]);
      ellipse(context, 0.5, 0.73, 0.09, 0.028, "#b8504a");
    },
  },
  {
    title: "Cat",
    draw(context) {
      fill(context, "#7fae72");
      for (const side of [-1, 1]) {
        polygon(context, "#c87f3a", [0.5 + side * 0.32, 0.1], [0.5 + side * 0.34, 0.45], [0.5 + side * 0.06, 0.27]);
        polygon(context, "#e8b0a0", [0.5 + side * 0.29, 0.18], [0.5 + side * 0.29, 0.36], [0.5 + side * 0.14, 0.28]);
      }
      ellipse(context, 0.5, 0.57, 0.36, 0.32, "#c87f3a");
      for (const x of [0.44, 0.5, 0.56]) line(context, "#8a4f1c", 0.022, [x, 0.27], [x, 0.38]);
      for (const side of [-1, 1]) {
        ellipse(context, 0.5 + side * 0.15, 0.52, 0.075, 0.07, "#d8e46a");
        ellipse(context, 0.5 + side * 0.15, 0.52, 0.022, 0.06, "#15130f");
        ellipse(context, 0.5 + side * 0.075, 0.72, 0.095, 0.07, "#f1dfc8");
        for (const dy of [-0.03, 0.01, 0.05])
          line(context, "#fff", 0.008, [0.5 + side * 0.12, 0.71 + dy / 2], [0.5 + side * 0.44, 0.69 + dy * 1.6]);
      }
      polygon(context, "#d4727a", [0.45, 0.63], [0.55, 0.63], [0.5, 0.68]);
      line(context, "#5a3a20", 0.012, [0.42, 0.75], [0.5, 0.72], [0.58, 0.75]);
    },
  },
  {
    title: "Text",
    draw(context) {
      fill(context, "#fff");
      context.fillStyle = "#111";
      context.textAlign = "center";
      // Fonts of less than a pixel are not drawn by every browser.
      context.scale(1 / 100, 1 / 100);
      context.font = "bold 34px sans-serif";
      context.fillText("Aa 3", 50, 40);
      context.font = "italic 22px serif";
      context.fillText("sphinx", 50, 66);
      context.font = "16px monospace";
      context.fillText("x = 0.5;", 50, 88);
    },
  },
  {
    title: "Noise",
    draw(context) {
      const key = keyOf("noise", 1);
      const cells = 64;
      for (let i = 0; i < cells * cells; i++) {
        const [red, green, blue] = [0, 1, 2].map((k) => Math.floor(256 * uniformAt(key, 3 * i + k)));
        context.fillStyle = `rgb(${red} ${green} ${blue})`;
        context.fillRect((i % cells) / cells, Math.floor(i / cells) / cells, 1.02 / cells, 1.02 / cells);
      }
    },
  },
];

type Point = readonly [x: number, y: number];

/** A square canvas with a drawing. */
export function canvasOf({ draw }: Drawing, side: number): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.scale(side, side);
  draw(context);
  return canvas;
}

function fill(context: CanvasRenderingContext2D, color: string): void {
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
}

function gray(context: CanvasRenderingContext2D, level: number): void {
  const byte = Math.round(255 * level);
  context.fillStyle = `rgb(${byte} ${byte} ${byte})`;
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number, color: string): void {
  ellipse(context, x, y, radius, radius, color);
}

function ellipse(context: CanvasRenderingContext2D, x: number, y: number, radiusX: number, radiusY: number, color: string): void {
  context.fillStyle = color;
  context.beginPath();
  context.ellipse(x, y, radiusX, radiusY, 0, 0, tau);
  context.fill();
}

export function polygon(context: CanvasRenderingContext2D, color: string, ...points: readonly Point[]): void {
  context.fillStyle = color;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.fill();
}

function line(context: CanvasRenderingContext2D, color: string, width: number, ...points: readonly Point[]): void {
  Object.assign(context, { strokeStyle: color, lineWidth: width, lineCap: "round", lineJoin: "round" });
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}
