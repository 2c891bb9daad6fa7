/** The theme, dark or light: the system's preference until the reader chooses. */
import { computed, signal } from "@preact/signals";

export type Theme = "dark" | "light";

const key = "agora.theme";
const stored = (): Theme | undefined => {
  const value = localStorage.getItem(key);
  return value === "dark" || value === "light" ? value : undefined;
};

const wish = signal<Theme>("light");
const choice = signal<Theme | undefined>(undefined);

export const theme = computed<Theme>(() => choice.value ?? wish.value);

export const followTheme = (): void => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const read = () => {
    wish.value = dark.matches ? "dark" : "light";
  };
  dark.addEventListener("change", read);
  read();
  choice.value = stored();
  theme.subscribe((shown) => {
    document.documentElement.dataset.theme = shown;
  });
};

export const switchTheme = (): void => {
  choice.value = theme.peek() === "dark" ? "light" : "dark";
  localStorage.setItem(key, choice.value);
};

/** The value of a colour token of the style sheet, for drawing on canvas. */
export const colour = (token: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(token).trim();

/** True if the reader prefers reduced motion. */
export const reducedMotion = signal(false);

export const followMotion = (): void => {
  const reduce = matchMedia("(prefers-reduced-motion: reduce)");
  const read = () => {
    reducedMotion.value = reduce.matches;
  };
  reduce.addEventListener("change", read);
  read();
};
