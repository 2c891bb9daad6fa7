/** Outlines of the families' dots, for canvas and SVG. */
import type { Shape } from "./family.ts";

type Stroke = readonly (readonly [x: number, y: number])[];

/** Polygons around the origin with radius 1; `circle` and `ring` are drawn as arcs. */
const outlines: Readonly<Record<Exclude<Shape, "circle" | "ring">, Stroke>> = {
  square: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  diamond: [
    [0, -1.25],
    [1.25, 0],
    [0, 1.25],
    [-1.25, 0],
  ],
  triangle: [
    [0, -1.2],
    [1.15, 0.85],
    [-1.15, 0.85],
  ],
  cross: [
    [-0.4, -1.2],
    [0.4, -1.2],
    [0.4, -0.4],
    [1.2, -0.4],
    [1.2, 0.4],
    [0.4, 0.4],
    [0.4, 1.2],
    [-0.4, 1.2],
    [-0.4, 0.4],
    [-1.2, 0.4],
    [-1.2, -0.4],
    [-0.4, -0.4],
  ],
  bar: [
    [-1.4, -0.45],
    [1.4, -0.45],
    [1.4, 0.45],
    [-1.4, 0.45],
  ],
};

/** Adds one shape to the canvas's current path; a ring is a circle with a hole. */
export const traceShape = (
  canvas: CanvasRenderingContext2D,
  shape: Shape,
  x: number,
  y: number,
  radius: number,
): void => {
  if (shape === "circle" || shape === "ring") {
    canvas.moveTo(x + radius, y);
    canvas.arc(x, y, radius, 0, 2 * Math.PI);
    if (shape === "circle") return;
    canvas.moveTo(x + 0.5 * radius, y);
    canvas.arc(x, y, 0.5 * radius, 0, 2 * Math.PI, true);
    return;
  }
  for (const [index, [dx, dy]] of outlines[shape].entries()) {
    if (index === 0) canvas.moveTo(x + dx * radius, y + dy * radius);
    else canvas.lineTo(x + dx * radius, y + dy * radius);
  }
  canvas.closePath();
};

/** The same shape as SVG path data. */
export const shapePath = (shape: Shape, x: number, y: number, radius: number): string => {
  const circle = (r: number, sweep: 0 | 1) =>
    `M${x + r} ${y}A${r} ${r} 0 1 ${sweep} ${x - r} ${y}A${r} ${r} 0 1 ${sweep} ${x + r} ${y}Z`;
  if (shape === "circle") return circle(radius, 1);
  if (shape === "ring") return circle(radius, 1) + circle(0.5 * radius, 0);
  const points = outlines[shape].map(([dx, dy]) => `${x + dx * radius} ${y + dy * radius}`);
  return `M${points.join("L")}Z`;
};
