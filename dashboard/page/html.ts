/** Markup as tagged templates. A value in `${}` becomes a text node, an attribute or a child, never HTML. */
import htm from "htm";
import { type Attributes, type ComponentType, createElement, type VNode } from "preact";

type Html = (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

// The package's types do not show that its default export is the function itself.
const { bind } = htm as unknown as { readonly bind: (make: unknown) => Html };

/** Every template has exactly one root element. */
export const html: Html = bind.call(htm, createElement);

/** Creates a component with type-checked properties; a template would not check them. */
export const h = <P extends object>(component: ComponentType<P>, properties: P & Attributes): VNode =>
  createElement(component, properties) as VNode;
