/**
 * Draws the message flow on two canvases: arrows and agents below, a few times per second; dots above, on every
 * frame.
 *
 * 1. Drawing reads no layout: sizes come from the observer, colours are read once per theme.
 * 2. Only the `maximumArrows` busiest arrows are drawn; the table lists the others.
 */
import { plainWord } from "../text/plain-words.ts";
import { colour } from "../theme.ts";
import { Dots, travel } from "./dots.ts";
import { families } from "./family.ts";
import type { Arrow } from "./ledger.ts";
import { type Curve, curveBetween, distanceTo, type Place, pointOn } from "./places.ts";
import { traceShape } from "./shape.ts";

export const maximumArrows = 140;

export interface Drawn {
  readonly arrow: Arrow;
  readonly curve: Curve;
}

export interface Look {
  /** True if the agent is working now. */
  isBusy(name: string): boolean;
  /** The arrow under the pointer or with the focus. */
  readonly highlight: Arrow | undefined;
}

export class FlowPainter {
  readonly #ground: CanvasRenderingContext2D;
  readonly #above: CanvasRenderingContext2D;
  readonly #dots = new Dots();
  #colours = new Map<string, string>();
  #places: readonly Place[] = [];
  #byName = new Map<string, Place>();
  #drawn: readonly Drawn[] = [];
  #width = 0;
  #height = 0;

  constructor(ground: CanvasRenderingContext2D, above: CanvasRenderingContext2D) {
    this.#ground = ground;
    this.#above = above;
  }

  get drawn(): readonly Drawn[] {
    return this.#drawn;
  }

  /** True while a dot is under way. */
  get hasDots(): boolean {
    return this.#dots.all.length > 0;
  }

  readColours(): void {
    const tokens = ["--ink", "--muted", "--line", "--surface", "--accent", "--lit"];
    this.#colours = new Map(
      [...tokens, ...families.map(({ token }) => token)].map((token) => [token, colour(token)]),
    );
  }

  /** @param width in CSS pixels */
  resize(width: number, height: number): void {
    const scale = Math.min(2, devicePixelRatio);
    for (const { canvas } of [this.#ground, this.#above]) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    for (const context of [this.#ground, this.#above]) context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#width = width;
    this.#height = height;
    this.#dots.clear();
  }

  place(places: readonly Place[]): void {
    this.#places = places;
    this.#byName = new Map(places.map((place) => [place.name, place]));
  }

  /** @param spread time until the next call [ms] */
  paintArrows(arrows: readonly Arrow[], look: Look, now: number, spread: number): void {
    this.#drawn = arrows
      .toSorted((a, b) => b.rate - a.rate)
      .slice(0, maximumArrows)
      .reverse()
      .flatMap((arrow) => this.#curveOf(arrow));
    this.#ground.clearRect(0, 0, this.#width, this.#height);
    for (const drawn of this.#drawn) this.#paintArrow(drawn, look);
    for (const place of this.#places) this.#paintPlace(place, look.isBusy(place.name));
    if (spread === 0) return;
    for (const { arrow, curve } of this.#drawn) this.#dots.send(arrow, curve, now, spread);
  }

  paintDots(now: number): void {
    const canvas = this.#above;
    canvas.clearRect(0, 0, this.#width, this.#height);
    this.#dots.expire(now);
    for (const family of families) {
      canvas.fillStyle = this.#colour(family.token);
      canvas.beginPath();
      for (const dot of this.#dots.all) {
        if (dot.family !== family || now < dot.from) continue;
        const [x, y] = pointOn(dot.curve, (now - dot.from) / travel);
        traceShape(canvas, family.shape, x, y, dot.radius);
      }
      canvas.fill();
    }
  }

  /** The nearest arrow within 9 px of a point. */
  arrowAt(x: number, y: number): Arrow | undefined {
    const reach = 9 ** 2;
    const near = this.#drawn
      .map(({ arrow, curve }) => ({ arrow, distance: distanceTo(curve, x, y) }))
      .filter(({ distance }) => distance < reach);
    return near.toSorted((a, b) => a.distance - b.distance)[0]?.arrow;
  }

  placeAt(x: number, y: number): Place | undefined {
    const reach = (place: Place): number => (place.x - x) ** 2 + (place.y - y) ** 2;
    const near = this.#places.filter((place) => reach(place) < (place.size + 8) ** 2);
    return near.toSorted((a, b) => reach(a) - reach(b))[0];
  }

  #curveOf(arrow: Arrow): Drawn[] {
    const [a, b] = [this.#byName.get(arrow.from), this.#byName.get(arrow.to)];
    return a === undefined || b === undefined || a === b ? [] : [{ arrow, curve: curveBetween(a, b) }];
  }

  #colour(token: string): string {
    return this.#colours.get(token) ?? "#888";
  }

  #paintArrow({ arrow, curve }: Drawn, { highlight }: Look): void {
    const canvas = this.#ground;
    const isHighlit = arrow === highlight;
    canvas.globalAlpha = isHighlit ? 1 : Math.min(0.75, 0.12 + 0.2 * Math.log10(1 + 10 * arrow.rate));
    canvas.lineWidth = (isHighlit ? 2 : 0.8) + 1.6 * Math.log10(1 + arrow.rate);
    canvas.strokeStyle = this.#colour(isHighlit ? "--ink" : arrow.family.token);
    canvas.beginPath();
    canvas.moveTo(curve.ax, curve.ay);
    canvas.quadraticCurveTo(curve.mx, curve.my, curve.bx, curve.by);
    canvas.stroke();
    canvas.globalAlpha = 1;
  }

  #paintPlace({ name, x, y, size, isMember, isLabelled }: Place, isBusy: boolean): void {
    const canvas = this.#ground;
    canvas.beginPath();
    if (isMember) canvas.arc(x, y, size, 0, 2 * Math.PI);
    else canvas.roundRect(x - size, y - size, 2 * size, 2 * size, 3);
    canvas.fillStyle = this.#colour(isBusy ? "--lit" : "--surface");
    canvas.fill();
    canvas.lineWidth = isBusy ? 2.5 : 1.25;
    canvas.strokeStyle = this.#colour(isBusy ? "--accent" : "--muted");
    canvas.stroke();
    if (isLabelled) this.#paintLabel(name, x, y, size, isBusy);
  }

  /** Above the agent in the upper half, below it in the lower half, so that it does not cover the arrows. */
  #paintLabel(name: string, x: number, y: number, size: number, isBusy: boolean): void {
    const canvas = this.#ground;
    canvas.font = `${isBusy ? 600 : 400} 12px system-ui, sans-serif`;
    canvas.textAlign = "center";
    canvas.textBaseline = y < this.#height / 2 ? "bottom" : "top";
    const word = plainWord(name);
    const label = word.length > 16 ? `${word.slice(0, 15)}…` : word;
    const below = y < this.#height / 2 ? y - size - 4 : y + size + 5;
    canvas.lineWidth = 4;
    canvas.strokeStyle = this.#colour("--surface");
    canvas.strokeText(label, x, below);
    canvas.fillStyle = this.#colour("--ink");
    canvas.fillText(label, x, below);
  }
}
