/** Markup as tagged templates: whatever stands in `${}` becomes a text node, an attribute or a child, never HTML. */
import htm from "htm";
import { type Attributes, type ComponentType, createElement, type VNode } from "preact";

type Html = (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

// The package's types hide that its default export is the function itself.
const { bind } = htm as unknown as { readonly bind: (make: unknown) => Html };

/** Templates have exactly one root element. */
export const html: Html = bind.call(htm, createElement);

/** A component with its properties, which are checked here and would not be in a template. */
export const h = <P extends object>(component: ComponentType<P>, properties: P & Attributes): VNode =>
  createElement(component, properties) as VNode;
