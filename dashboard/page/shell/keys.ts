/** Keys that work everywhere on the page: Space stops and continues the shown time. */
import { toggle } from "../state/playback.ts";

/** Elements that use Space themselves. */
const users = "button, input, select, textarea, summary, a, [role=button], [tabindex], [contenteditable]";

const isFree = ({ target, ctrlKey, altKey, metaKey }: KeyboardEvent): boolean => {
  if (ctrlKey || altKey || metaKey) return false;
  if (!(target instanceof Element)) return true;
  return target.matches("main, body") || target.closest(users) === null;
};

export const followKeys = (): void => {
  addEventListener("keydown", (event) => {
    if (event.key !== " " || !isFree(event)) return;
    event.preventDefault();
    toggle();
  });
};
