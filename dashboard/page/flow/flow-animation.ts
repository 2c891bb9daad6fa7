/**
 * Runs the animation of the message flow while it is on the page.
 *
 * 1. It draws the arrows four times per second, and dots on every frame while there are any; it pauses while the picture
 *    is off-screen.
 * 2. If frames arrive late, it skips every other frame of the dots, so that the agents' cards stay responsive.
 */
import { signal } from "@preact/signals";
import type { AgentView } from "../../view.ts";
import { agentOf, isBusy, isCrowd, roster } from "../state/agents.ts";
import { inspect } from "../state/inspected.ts";
import { reducedMotion, theme } from "../theme.ts";
import { hiddenFamilies } from "./flow-legend.ts";
import { type Arrow, ledger } from "./ledger.ts";
import { FlowPainter } from "./painter.ts";
import { placesIn, type Standing } from "./places.ts";

/** Time between two drawings of the arrows [ms]. */
const pause = 250;
/** Mean frame time that counts as late, and the minimum time between two drawings of the dots in that case [ms]. */
const late = 19;
const dotPause = 28;

/** The arrow under the pointer. */
export const hovered = signal<Arrow | undefined>(undefined);

export const inspectArrow = ({ from, to, family, types }: Arrow): void =>
  inspect({ agent: to, from, types: [...types.keys()], title: `${from} → ${to}: ${family.about}` });

const rankOf = (view: AgentView): Standing["rank"] => {
  if (view.member) return "member";
  return isCrowd(view) ? "crowd" : "institution";
};

const standings = (): Standing[] =>
  roster
    .peek()
    .flatMap((name) => agentOf(name)?.peek() ?? [])
    .map((view) => ({ name: view.agent, rank: rankOf(view) }));

const isWorking = (name: string): boolean => {
  const view = agentOf(name)?.peek();
  return view !== undefined && isBusy(view);
};

const contextOf = (canvas: HTMLCanvasElement): CanvasRenderingContext2D => {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser has no 2D canvas; use a current browser");
  return context;
};

export class FlowAnimation {
  readonly #painter: FlowPainter;
  readonly #above: HTMLCanvasElement;
  readonly #ending = new AbortController();
  readonly #stops: (() => void)[] = [];
  #size = { width: 0, height: 0 };
  #isSeen = true;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turnedAt = 0;
  /** Smoothed mean time between frames [ms]. */
  #rhythm = 16;
  #paintedAt = 0;
  #dottedAt = 0;

  constructor(ground: HTMLCanvasElement, above: HTMLCanvasElement) {
    this.#above = above;
    this.#painter = new FlowPainter(contextOf(ground), contextOf(above));
    this.#observe(ground);
    this.#listen();
    this.#stops.push(
      theme.subscribe(() => this.#painter.readColours()),
      roster.subscribe(() => this.#place()),
    );
    this.#askForFrame();
  }

  close(): void {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#ending.abort();
    for (const stop of this.#stops) stop();
  }

  #observe(ground: HTMLCanvasElement): void {
    const resized = new ResizeObserver(([entry]) => {
      if (entry) this.#resize(entry.contentRect);
    });
    const seen = new IntersectionObserver(([entry]) => {
      this.#isSeen = entry?.isIntersecting ?? true;
    });
    resized.observe(ground);
    seen.observe(ground);
    this.#stops.push(
      () => resized.disconnect(),
      () => seen.disconnect(),
    );
  }

  #listen(): void {
    const { signal } = this.#ending;
    this.#above.addEventListener("pointermove", (event) => this.#point(event), { signal });
    this.#above.addEventListener("click", (event) => this.#click(event), { signal });
  }

  #resize({ width, height }: DOMRectReadOnly): void {
    this.#size = { width, height };
    this.#painter.resize(width, height);
    this.#place();
    this.#paintedAt = 0;
  }

  #place(): void {
    this.#painter.place(placesIn(this.#size.width, this.#size.height, standings()));
  }

  #askForFrame(): void {
    this.#frame = requestAnimationFrame((now) => this.#turn(now));
  }

  #turn(now: number): void {
    if (this.#painter.hasDots) this.#rhythm += (Math.min(100, now - this.#turnedAt) - this.#rhythm) / 16;
    this.#turnedAt = now;
    if (this.#isSeen && this.#size.width > 0) {
      if (now - this.#paintedAt >= pause) this.#paintArrows(now);
      if (!reducedMotion.peek()) this.#paintDots(now);
    }
    if (this.#isSeen && this.#painter.hasDots) this.#askForFrame();
    else this.#timer = setTimeout(() => this.#askForFrame(), pause);
  }

  #paintArrows(now: number): void {
    const elapsed = Math.min(now - this.#paintedAt, 10 * pause) / 1000;
    this.#paintedAt = now;
    const hidden = hiddenFamilies.peek();
    const arrows = ledger.advance(elapsed).filter(({ family }) => !hidden.has(family.name));
    const spread = reducedMotion.peek() ? 0 : pause;
    this.#painter.paintArrows(arrows, { isBusy: isWorking, highlight: hovered.peek() }, now, spread);
    ledger.settle();
  }

  #paintDots(now: number): void {
    if (this.#rhythm > late && now - this.#dottedAt < dotPause) return;
    this.#dottedAt = now;
    this.#painter.paintDots(now);
  }

  #point({ offsetX, offsetY }: PointerEvent): void {
    hovered.value = this.#painter.arrowAt(offsetX, offsetY);
    this.#above.classList.toggle("is-over", hovered.value !== undefined);
  }

  #click({ offsetX, offsetY }: MouseEvent): void {
    const place = this.#painter.placeAt(offsetX, offsetY);
    const arrow = this.#painter.arrowAt(offsetX, offsetY);
    if (place !== undefined) inspect({ agent: place.name, title: place.name });
    else if (arrow !== undefined) inspectArrow(arrow);
  }
}
