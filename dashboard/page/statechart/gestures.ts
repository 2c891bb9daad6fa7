/** Moves and zooms an enlarged chart by wheel, mouse, touch and two fingers. A short press remains a click. */
import type { Point } from "./viewport.ts";

export interface Moves {
  move(by: Point): void;
  /** @param at point of the frame that stays where it is */
  zoom(factor: number, at: Point): void;
}

/** A pointer that moves less is not dragging [px]. */
const dragStart = 4;
const zoomPerPixel = 0.0015;
/** Of one event [px]: some mice report whole pages. */
const maximumWheel = 240;
const pixelsPerLine = 32;

const distance = ([a, b]: readonly Point[]): number =>
  a === undefined || b === undefined ? 0 : Math.hypot(a.x - b.x, a.y - b.y);

const middle = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

/** Browsers report a pinch on a touchpad as a wheel with the control key, in small steps. */
const zoomOf = ({ deltaY, ctrlKey }: WheelEvent, unit: number): number => {
  const delta = Math.min(maximumWheel, Math.max(-maximumWheel, deltaY * unit));
  return Math.exp(-delta * zoomPerPixel * (ctrlKey ? 6 : 1));
};

export class Gestures {
  readonly #frame: HTMLElement;
  readonly #moves: Moves;
  readonly #ending = new AbortController();
  readonly #pointers = new Map<number, Point>();
  #isDragging = false;
  #start: Point = { x: 0, y: 0 };

  constructor(frame: HTMLElement, moves: Moves) {
    this.#frame = frame;
    this.#moves = moves;
    const { signal } = this.#ending;
    frame.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    frame.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    frame.addEventListener("pointermove", (event) => this.#drag(event), { signal });
    for (const type of ["pointerup", "pointercancel"] as const)
      frame.addEventListener(type, (event) => this.#release(event), { signal });
    frame.addEventListener("click", (event) => this.#click(event), { signal, capture: true });
  }

  close(): void {
    this.#ending.abort();
  }

  #pointOf({ clientX, clientY }: MouseEvent): Point {
    const { left, top } = this.#frame.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : pixelsPerLine;
    if (event.shiftKey) this.#moves.move({ x: -(event.deltaX || event.deltaY) * unit, y: 0 });
    else this.#moves.zoom(zoomOf(event, unit), this.#pointOf(event));
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    if (this.#pointers.size === 0) this.#isDragging = false;
    this.#pointers.set(event.pointerId, this.#pointOf(event));
    this.#start = this.#pointOf(event);
  }

  #drag(event: PointerEvent): void {
    if (!this.#pointers.has(event.pointerId)) return;
    const before = [...this.#pointers.values()];
    const point = this.#pointOf(event);
    if (!this.#isDragging && before.length === 1 && distance([this.#start, point]) < dragStart) return;
    if (!this.#isDragging) this.#frame.setPointerCapture(event.pointerId);
    this.#isDragging = true;
    this.#pointers.set(event.pointerId, point);
    const after = [...this.#pointers.values()];
    const [from, to] = [middle(before), middle(after)];
    this.#moves.move({ x: to.x - from.x, y: to.y - from.y });
    if (after.length === 2 && distance(before) > 0) this.#moves.zoom(distance(after) / distance(before), to);
  }

  #release(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
  }

  /** The click that ends a drag selects nothing. */
  #click(event: MouseEvent): void {
    if (!this.#isDragging) return;
    this.#isDragging = false;
    event.stopPropagation();
    event.preventDefault();
  }
}
