/** What the reader has selected on the enlarged chart, and the arrows of the event that the reader points at. */
import { signal } from "@preact/signals";
import type { ChartPart } from "../society/chart.ts";

/** Undefined: the whole chart. */
export const selected = signal<ChartPart | undefined>(undefined);
export const pointed = signal<readonly string[]>([]);
